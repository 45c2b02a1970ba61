"""The networks as a user of PyTorch writes them: [B,3,32,32] to logits [B,10]."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .case import Layout


class Laid(nn.Module):
    """A network whose weights and inputs lie in memory as `layout` says."""

    def __init__(self, network: nn.Module, layout: Layout) -> None:
        super().__init__()
        self.format = torch.channels_last if layout == "NHWC" else torch.contiguous_format
        self.network = network.to(memory_format=self.format)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images.contiguous(memory_format=self.format))
        return logits


class Block(nn.Module):
    """The basic block of He et al., with a projection where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.projection = nn.Sequential()
        if stride > 1:
            self.projection = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.projection(x))


def lenet_cifar() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def convnet_cifar() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 128), nn.ReLU()),
        *(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def vgg8() -> nn.Module:
    layers: list[nn.Module] = []
    for inputs, width in ((3, 32), (32, 64), (64, 128)):
        for channels in (inputs, width):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(width)]
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.BatchNorm1d(128)]
    return nn.Sequential(*layers, nn.Linear(128, 10))


def resnet20() -> nn.Module:
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    for inputs, width, stride in ((16, 16, 1), (16, 32, 2), (32, 64, 2)):
        layers += [Block(inputs, width, stride), Block(width, width, 1), Block(width, width, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lenet_cifar": lenet_cifar,
    "convnet_cifar": convnet_cifar,
    "vgg8": vgg8,
    "resnet20": resnet20,
}


def make(name: str, layout: Layout) -> Laid:
    torch.manual_seed(0)
    return Laid(NETWORKS[name](), layout)


def num_parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
