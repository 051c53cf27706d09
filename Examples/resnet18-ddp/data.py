"""Real images without a download: the handwritten digits that scikit-learn ships, made 3 x 32 x 32."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset

CLASSES = 10
VAL_SHARE = 0.2


def load_datasets(seed: int) -> tuple[TensorDataset, TensorDataset]:
    """Return training and validation sets of (images [N, 3, 32, 32] in -1..1, labels [N])."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 8 - 1  # pixels are 0..16
    images = F.interpolate(images, size=(32, 32), mode="bilinear", align_corners=False)
    images = images.repeat(1, 3, 1, 1)  # ResNet-18 expects three colour channels
    labels = torch.tensor(digits.target, dtype=torch.int64)

    # Every process draws the same order from the same seed, so all of them agree on the split.
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    val_size = int(len(labels) * VAL_SHARE)
    val, train = order[:val_size], order[val_size:]
    return TensorDataset(images[train], labels[train]), TensorDataset(images[val], labels[val])
