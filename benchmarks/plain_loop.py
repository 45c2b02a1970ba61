"""lenet_cifar at batch 20 as the PyTorch tutorial trains it, beside imagette: speed and accuracy.

Three ways through the same CIFAR-10 images, in turn, seed by seed: a plain loop with a DataLoader
over tensors in memory, a bare loop that indexes the tensors itself, and imagette. Each trains
`--epochs` epochs of SGD .001, momentum .9, then all are scored on the same validation images; the
test set stays closed. Speed is that of the last epoch, without evaluation.

    python benchmarks/plain_loop.py --seeds 5
"""

import argparse
import platform
from collections.abc import Callable, Iterator
from statistics import mean, median, stdev
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from imagette import Experiment, prepare
from imagette.engines.initial import first_weights
from imagette.engines.protocol import weights_of

BATCH = 20
Batches = Iterator[tuple[Tensor, Tensor]]


class Tutorial(nn.Module):
    """The network of the "Training a classifier" tutorial."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc3(torch.relu(self.fc2(x)))


def experiment(seed: int, epochs: int) -> Experiment:
    return Experiment(
        seed=seed,
        data={
            "name": "cifar10",
            "normalise": {"mean": [0.5] * 3, "deviation": [0.5] * 3},
        },
        network={"name": "lenet_cifar"},
        recipe={
            "epochs": epochs,
            "batch": BATCH,
            "optimiser": {"name": "sgd", "rate": 0.001, "momentum": 0.9},
        },
    )


def with_imagette(seed: int, epochs: int) -> tuple[float, float]:
    """Images per second of the last epoch, and validation accuracy."""
    prepared = prepare(experiment(seed, epochs))
    model, dataset = prepared.model, prepared.dataset
    model.place(dataset.train.images, dataset.train.labels)
    state = model.restore(first_weights(prepared.graph, seed=seed))
    for epoch in range(1, epochs + 1):
        began = perf_counter()
        for plan in prepared.planner.epoch(epoch):
            state, _, _ = model.advance(state, plan)
        seconds = perf_counter() - began
    logits = model.predict(weights_of(model.save(state)), dataset.validation.images, 400)
    return len(dataset.train) / seconds, (logits.argmax(1) == dataset.validation.labels).mean()


def with_loader(images: Tensor, labels: Tensor) -> Batches:
    yield from DataLoader(TensorDataset(images, labels), batch_size=BATCH, shuffle=True)


def by_index(images: Tensor, labels: Tensor) -> Batches:
    for rows in torch.randperm(len(labels)).split(BATCH):
        yield images[rows], labels[rows]


def with_torch(
    batches: Callable[[Tensor, Tensor], Batches], seed: int, epochs: int
) -> tuple[float, float]:
    prepared = prepare(experiment(seed, epochs))  # the same images, threads and normalisation
    train, validation = prepared.dataset.train, prepared.dataset.validation
    normalised = (prepared.preprocess.apply(split.images) for split in (train, validation))
    train_images, validation_images = (torch.from_numpy(images) for images in normalised)
    labels = torch.from_numpy(np.array(train.labels, np.int64))
    torch.manual_seed(seed)
    network, loss_function = Tutorial(), nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    for _ in range(epochs):
        began, running_loss = perf_counter(), 0.0
        for inputs, targets in batches(train_images, labels):
            optimiser.zero_grad()
            loss = loss_function(network(inputs), targets)
            loss.backward()
            optimiser.step()
            running_loss += loss.item()
        seconds = perf_counter() - began
    with torch.no_grad():
        predicted = network(validation_images).argmax(1).numpy()
    return len(train) / seconds, (predicted == validation.labels).mean()


WAYS: dict[str, Callable[[int, int], tuple[float, float]]] = {
    "plain loop, DataLoader": lambda seed, epochs: with_torch(with_loader, seed, epochs),
    "bare loop, no DataLoader": lambda seed, epochs: with_torch(by_index, seed, epochs),
    "imagette": with_imagette,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for seed in range(options.seeds):
        for name, way in WAYS.items():
            found[name].append(way(seed, options.epochs))
            speed, accuracy = found[name][-1]
            print(
                f"seed {seed}  {name:26} {speed:8,.0f} images/s  {100 * accuracy:.2f} %", flush=True
            )
    print(f"\n{platform.processor() or platform.machine()}, torch {torch.__version__}, ", end="")
    print(f"{torch.get_num_threads()} threads, float32, n = {options.seeds} seeds")
    print(f"{'':26} {'images/s':>10} {'ratio':>6} {'accuracy %':>16}")
    for name, rows in found.items():
        ratio = median(
            a[0] / b[0] for a, b in zip(rows, found["plain loop, DataLoader"], strict=True)
        )
        accuracies = [100 * accuracy for _, accuracy in rows]
        deviation = stdev(accuracies) if len(rows) > 1 else float("nan")
        print(
            f"{name:26} {median(s for s, _ in rows):10,.0f} {ratio:6.2f} "
            f"{mean(accuracies):9.2f} ± {deviation:.2f}"
        )


if __name__ == "__main__":
    main()
