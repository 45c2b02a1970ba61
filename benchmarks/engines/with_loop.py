"""A training loop in plain PyTorch, with a DataLoader as tutorials write it, or without."""

from collections.abc import Callable, Iterator
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from imagette import Dataset

from .case import EPOCHS, MOMENTUM, RATE, Case, Measured, Setting, arrays
from .networks_torch import make, num_parameters

Batches = Callable[[Tensor, Tensor, int], Iterator[tuple[Tensor, Tensor]]]


def with_loader(images: Tensor, labels: Tensor, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    yield from DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=True)


def by_index(images: Tensor, labels: Tensor, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    for rows in torch.randperm(len(labels)).split(batch):
        yield images[rows], labels[rows]


WAYS: dict[str, Batches] = {"loader": with_loader, "index": by_index}


def tensors(dataset: Dataset, setting: Setting) -> tuple[Tensor, Tensor]:
    """Images [N,3,H,W], in memory as the setting's layout says, and labels."""
    images, labels = map(torch.from_numpy, arrays(dataset, setting.layout))
    return (images.permute(0, 3, 1, 2) if setting.layout == "NHWC" else images), labels


def measure(way: str, case: Case, setting: Setting, dataset: Dataset) -> Measured:
    torch.set_flush_denormal(setting.tuned)
    images, labels = tensors(dataset, setting)
    moments, losses = [perf_counter()], []
    network, loss_function = make(case.network, setting.layout), nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(
        network.parameters(), lr=RATE, momentum=MOMENTUM, fused=setting.tuned
    )
    for _ in range(EPOCHS):
        running_loss = 0.0
        for inputs, targets in WAYS[way](images, labels, case.batch):
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, setting.precision == "bfloat16"):
                loss = loss_function(network(inputs), targets)
            loss.backward()
            optimiser.step()
            running_loss += loss.item() * len(targets)
        moments.append(perf_counter())
        losses.append(running_loss / len(labels))
    return Measured.of(moments, len(labels), losses, num_parameters(network))
