"""Train SimpleNet on handwritten digits and print what happens.

    python train.py
    python train.py --lr 1e-3 --hidden 256
"""

import argparse

import torch
import torch.nn.functional as F

from data import load_loaders
from model import SimpleNet, evaluate


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train SimpleNet on handwritten digits.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=3e-4, help="learning rate of AdamW")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=128, help="units in the hidden layer")
    parser.add_argument("--seed", type=int, default=0, help="decides the split, the weights and the batches")
    parser.add_argument("--data-fraction", type=float, default=1.0, help="share of the training images to use")
    parser.add_argument("--log-every", type=int, default=20, help="steps between two printed losses")
    args = parser.parse_args()
    if not 0 < args.data_fraction <= 1:
        parser.error("--data-fraction must be above 0 and at most 1")
    if min(args.epochs, args.batch_size, args.hidden, args.log_every) < 1:
        parser.error("--epochs, --batch-size, --hidden and --log-every must be at least 1")
    return args


def main() -> None:
    args = parse_arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)  # a network this small is fastest on one core
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    train_loader, val_loader = load_loaders(args.batch_size, args.seed, args.data_fraction)
    model = SimpleNet(args.hidden).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    print(f"SimpleNet 784-{args.hidden}-10 on {device}, {len(train_loader.dataset)} training images", flush=True)

    step = 0
    for epoch in range(1, args.epochs + 1):
        model.train()
        loss_sum = 0.0
        for images, labels in train_loader:
            images, labels = images.to(device), labels.to(device)
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            step += 1
            loss_sum += loss.item() * len(labels)
            if step % args.log_every == 0:
                print(f"epoch {epoch} step {step} loss={loss.item():.4f} lr={args.lr:g}", flush=True)

        train_loss = loss_sum / len(train_loader.dataset)
        val_loss, val_acc = evaluate(model, val_loader, device)
        print(
            f"epoch {epoch} step {step} "
            f"train_loss={train_loss:.4f} val_loss={val_loss:.4f} val_acc={val_acc:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
