"""Train ResNet-18 with DistributedDataParallel: one process per GPU, or two on the CPU.

    torchrun --standalone --nproc_per_node 2 train.py --mixup 0.2
    torchrun --standalone --nproc_per_node 2 train.py --mixup 0
    python train.py                                    # a single process works too
"""

import argparse
import os

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from data import CLASSES, load_datasets
from model import resnet18


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train ResNet-18 with DistributedDataParallel.")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--lr", type=float, default=3e-4, help="learning rate of AdamW")
    parser.add_argument("--batch-size", type=int, default=64, help="images per process and step")
    parser.add_argument("--mixup", type=float, default=0.2, help="alpha of MixUp; 0 turns it off")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-every", type=int, default=4, help="steps between two printed losses")
    args = parser.parse_args()
    if args.mixup < 0:
        parser.error("--mixup must be 0 or more")
    if min(args.epochs, args.batch_size, args.log_every) < 1:
        parser.error("--epochs, --batch-size and --log-every must be at least 1")
    return args


def start_process_group() -> torch.device:
    """Join the processes that torchrun started, or form a group of one without it."""
    for name, alone in {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}.items():
        os.environ.setdefault(name, alone)
    local_rank, world_size = int(os.environ["LOCAL_RANK"]), int(os.environ["WORLD_SIZE"])

    if torch.cuda.device_count() > local_rank:
        device = torch.device("cuda", local_rank)
        torch.cuda.set_device(device)
    else:
        device = torch.device("cpu")
        torch.set_num_threads(1)  # one core for each process
    backend = "nccl" if device.type == "cuda" else "gloo"
    store = None if "MASTER_ADDR" in os.environ else dist.HashStore()
    dist.init_process_group(backend, store=store, rank=int(os.environ["RANK"]), world_size=world_size)
    return device


def mix_up(images: Tensor, targets: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Blend every image and its one-hot target with those of another image of the batch."""
    share = torch.distributions.Beta(alpha, alpha).sample().item()
    other = torch.randperm(len(images), device=images.device)
    return share * images + (1 - share) * images[other], share * targets + (1 - share) * targets[other]


def mean_over_processes(value: Tensor) -> float:
    mean = value.detach().clone()
    dist.all_reduce(mean)
    return mean.item() / dist.get_world_size()


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader, device: torch.device) -> tuple[float, float]:
    """Return the mean loss and the accuracy (0..1) over the validation images of all processes."""
    model.eval()
    sums = torch.zeros(3, device=device)  # loss, correct, images
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        scores = model(images)
        sums[0] += F.cross_entropy(scores, labels, reduction="sum")
        sums[1] += (scores.argmax(dim=1) == labels).sum()
        sums[2] += len(labels)
    dist.all_reduce(sums)
    loss, correct, count = sums.tolist()
    return loss / count, correct / count


def train(args: argparse.Namespace, device: torch.device) -> None:
    rank, world_size = dist.get_rank(), dist.get_world_size()

    def log(message: str) -> None:
        if rank == 0:
            print(message, flush=True)

    train_set, val_set = load_datasets(args.seed)
    sampler = DistributedSampler(train_set, seed=args.seed)  # each process sees its own share
    train_loader = DataLoader(train_set, batch_size=args.batch_size, sampler=sampler)
    # Plain slices, because a DistributedSampler would repeat images to make the shares equal.
    val_share = torch.utils.data.Subset(val_set, range(rank, len(val_set), world_size))
    val_loader = DataLoader(val_share, batch_size=256)

    torch.manual_seed(args.seed)  # DDP copies the weights of process 0 to the others
    model = DistributedDataParallel(resnet18(CLASSES).to(device))
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    torch.manual_seed(args.seed + rank)  # from here on, each process mixes differently
    log(f"ResNet-18 on {world_size} x {device.type}, batch {args.batch_size} x {world_size}, mixup {args.mixup:g}")

    step = 0
    for epoch in range(1, args.epochs + 1):
        model.train()
        sampler.set_epoch(epoch)  # without it, every epoch would have the same order
        losses = []
        for images, labels in train_loader:
            images, targets = images.to(device), F.one_hot(labels, CLASSES).float().to(device)
            if args.mixup > 0:
                images, targets = mix_up(images, targets, args.mixup)
            loss = F.cross_entropy(model(images), targets)
            optimizer.zero_grad()
            loss.backward()  # DDP averages the gradients over the processes here
            optimizer.step()

            step += 1
            losses.append(mean_over_processes(loss))
            if step % args.log_every == 0:
                log(f"epoch {epoch} step {step} loss={losses[-1]:.4f} lr={args.lr:g}")

        val_loss, val_acc = evaluate(model.module, val_loader, device)
        train_loss = sum(losses) / len(losses)
        log(f"epoch {epoch} step {step} train_loss={train_loss:.4f} val_loss={val_loss:.4f} val_acc={val_acc:.4f}")


def main() -> None:
    args = parse_arguments()
    device = start_process_group()
    # The model lives inside train(): were it the last to hold the process group, closing could hang.
    train(args, device)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
