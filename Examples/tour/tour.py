"""A first tour of PyTorch: tensors, shapes, gradients, devices. Every step checks itself.

    python tour.py
"""

import sys

import torch

failed: list[str] = []


def check(name: str, passed: bool) -> None:
    print(f"  {'ok  ' if passed else 'FAIL'} {name}")
    if not passed:
        failed.append(name)


def tensors() -> torch.Tensor:
    print("1. A tensor has a shape, a dtype and a device")
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    print(f"  x = {x.tolist()}")
    print(f"  shape {tuple(x.shape)}, dtype {x.dtype}, device {x.device}")
    check("x has 2 rows and 3 columns", x.shape == (2, 3))
    check("whole numbers become int64", torch.tensor([1, 2]).dtype == torch.int64)
    return x


def matrix_product(x: torch.Tensor) -> None:
    print("2. A matrix product: torch.matmul(x, x.T)")
    product = torch.matmul(x, x.T)
    print(f"  (2, 3) times (3, 2) gives {tuple(product.shape)}: {product.tolist()}")
    check("each element is a row times a row", product.tolist() == [[14.0, 32.0], [32.0, 77.0]])
    check("x @ x.T is the same", torch.equal(x @ x.T, product))


def broadcasting(x: torch.Tensor) -> None:
    print("3. Broadcasting stretches the smaller shape")
    centered = x - x.mean(dim=0)  # (2, 3) - (3,): the means are used for both rows
    print(f"  (2, 3) minus (3,) gives {tuple(centered.shape)}: {centered.tolist()}")
    check("every column has mean 0 now", torch.allclose(centered.mean(dim=0), torch.zeros(3)))


def gradients() -> None:
    print("4. Autograd: y = w^2 + 3w, so dy/dw = 2w + 3")
    w = torch.tensor(2.0, requires_grad=True)
    y = w**2 + 3 * w
    y.backward()
    print(f"  at w = 2: y = {y.item():g}, gradient {w.grad.item():g}, by hand 2 * 2 + 3 = 7")
    check("autograd agrees with the gradient by hand", w.grad.item() == 7.0)


def devices(x: torch.Tensor) -> None:
    print("5. The GPU check")
    print(f"  torch {torch.__version__}, built for {describe_build()}")
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            major, minor = torch.cuda.get_device_capability(index)
            print(f"  GPU {index}: {torch.cuda.get_device_name(index)}, compute capability {major}.{minor}")
        print(f"  this torch has code for {', '.join(torch.cuda.get_arch_list())}")
    else:
        print("  no GPU that torch can use: everything runs on the CPU, only slower")

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    moved = x.to(device)
    print(f"  using {device}: {torch.get_num_threads()} CPU threads")
    check(f"the product on {device} equals the one on the CPU", torch.allclose((moved @ moved.T).cpu(), x @ x.T))


def describe_build() -> str:
    return f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU only"


def main() -> None:
    x = tensors()
    matrix_product(x)
    broadcasting(x)
    gradients()
    devices(x)
    if failed:
        sys.exit(f"{len(failed)} checks failed: {', '.join(failed)}")
    print("all checks passed")


if __name__ == "__main__":
    main()
