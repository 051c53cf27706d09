"""The handwritten digits that scikit-learn ships: 1,797 real scans, so nothing is downloaded."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

VAL_SHARE = 0.2


def load_loaders(batch_size: int, seed: int, data_fraction: float = 1.0) -> tuple[DataLoader, DataLoader]:
    """Return a training and a validation loader of (images [N, 1, 28, 28] in 0..1, labels [N]).

    The seed decides the split and the order of the batches. `data_fraction` shrinks the training
    set only: every run is judged on the same validation images.
    """
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16  # pixels are 0..16
    images = F.interpolate(images, size=(28, 28), mode="bilinear", align_corners=False)
    labels = torch.tensor(digits.target, dtype=torch.int64)

    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    val_size = int(len(labels) * VAL_SHARE)
    val, train = order[:val_size], order[val_size:]
    train = train[: max(1, int(len(train) * data_fraction))]

    train_loader = DataLoader(
        TensorDataset(images[train], labels[train]),
        batch_size=batch_size,
        shuffle=True,
        generator=torch.Generator().manual_seed(seed),
    )
    val_loader = DataLoader(TensorDataset(images[val], labels[val]), batch_size=256)
    return train_loader, val_loader
