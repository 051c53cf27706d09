"""Train SimpleNet as train.py does, and log to TensorBoard event files instead of the screen.

    python train_tensorboard.py
    tensorboard --logdir runs
"""

import torch
import torch.nn.functional as F
from torch.utils.tensorboard import SummaryWriter

from data import load_loaders
from model import SimpleNet, evaluate
from train import parse_arguments


def image_grid(images: torch.Tensor, columns: int = 8) -> torch.Tensor:
    """Lay [N, 1, H, W] images out as one [1, rows * H, columns * W] image."""
    images = images[: len(images) // columns * columns]
    rows = [torch.cat(list(row), dim=2) for row in images.split(columns)]
    return torch.cat(rows, dim=1)


def main() -> None:
    args = parse_arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)  # a network this small is fastest on one core
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    train_loader, val_loader = load_loaders(args.batch_size, args.seed, args.data_fraction)
    model = SimpleNet(args.hidden).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)

    with SummaryWriter() as writer:  # writes below ./runs
        print(f"writing {writer.log_dir}", flush=True)
        writer.add_text("model", f"```\n{model}\n```")
        writer.add_image("digits", image_grid(val_loader.dataset.tensors[0][:32]))

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
                    writer.add_scalar("loss", loss.item(), step)
                    writer.add_scalar("lr", args.lr, step)

            val_loss, val_acc = evaluate(model, val_loader, device)
            writer.add_scalar("train_loss", loss_sum / len(train_loader.dataset), step)
            writer.add_scalar("val_loss", val_loss, step)
            writer.add_scalar("val_acc", val_acc, step)
            writer.add_histogram("hidden/weight", model.layers[1].weight, step)
            print(f"finished epoch {epoch} of {args.epochs}", flush=True)

        # run_name="." keeps the hyperparameters beside the curves; the default is a folder of their own.
        writer.add_hparams(vars(args), {"final/val_loss": val_loss, "final/val_acc": val_acc}, run_name=".")


if __name__ == "__main__":
    main()
