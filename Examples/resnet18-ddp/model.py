"""ResNet-18 from torchvision, with random weights."""

import torch
from torch import nn

try:
    from torchvision import models
except RuntimeError as error:
    # torchvision from the Python index is compiled for CUDA. Beside a CPU build of torch its compiled
    # operators cannot be loaded, and importing it stops at the first one that it looks for. ResNet-18
    # uses none of them, so declaring these two is enough. A matching torchvision never comes here.
    if "torchvision::nms does not exist" not in str(error):
        raise
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import models


def resnet18(classes: int) -> nn.Module:
    return models.resnet18(weights=None, num_classes=classes)
