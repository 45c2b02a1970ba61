"""What the whole program costs over a bare loop of the same steps.

Three ways through the same images in the same process, in turn, round by round: a loop in plain
PyTorch, that indexes, normalises and steps as imagette's engine does; the engine's steps alone, on
plans that are there already; and the whole program, `train_experiment` from its `Begun` to its
`Finished`: plans, events, tally, log, history, checkpoints and a run's files. Two epochs each, no
validation images. Seconds of wall clock, and of the processor, which other work disturbs less and
waiting for the disk does not enter. Ratios are medians of the rounds' quotients.

    python -m benchmarks.overhead --rounds 7
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import torch
from benchmarks.engines.case import EPOCHS, MOMENTUM, RATE, Case, Setting, open_images
from benchmarks.engines.networks_torch import make
from benchmarks.engines.with_imagette import experiment
from torch import nn

from imagette import Dataset, Experiment, train_experiment
from imagette.engines.initial import first_weights
from imagette.engines.with_torch.device import working
from imagette.run.prepare import Prepared, prepare
from imagette.run.train import Begun
from imagette.run.training import training_of
from imagette.train.events import Finished

CASES = (Case("lenet_cifar", 128, 12_800), Case("resnet20", 128, 1_280))
AIM = 0.02


@dataclass(frozen=True)
class Spent:
    """Seconds of one training."""

    wall: float
    processor: float


class Clock:
    """Both clocks, from its making on."""

    def __init__(self) -> None:
        self._wall, self._processor = perf_counter(), process_time()

    def spent(self) -> Spent:
        return Spent(perf_counter() - self._wall, process_time() - self._processor)


def bare_loop(asked: Experiment, dataset: Dataset) -> Spent:
    network, loss_function = make(str(asked.network.name), "NHWC"), nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, fused=True)
    pixels = torch.from_numpy(np.array(dataset.train.images))
    labels = torch.from_numpy(np.array(dataset.train.labels, np.int64))
    offset, scale = torch.full((3,), -1.0), torch.full((3,), 1 / 127.5)
    assert isinstance(asked.recipe.batch, int)
    with working(int(asked.engine.num_threads or 1)):
        clock = Clock()
        for _ in range(EPOCHS):
            loss_sum = correct = torch.zeros(())
            for rows in torch.randperm(len(labels)).split(asked.recipe.batch):
                images = torch.addcmul(offset, pixels[rows].float(), scale).permute(0, 3, 1, 2)
                optimiser.zero_grad()
                logits = network(images)
                loss = loss_function(logits, labels[rows])
                loss.backward()
                optimiser.step()
                loss_sum = loss_sum + loss.detach()
                correct = correct + (logits.argmax(1) == labels[rows]).sum()
        return clock.spent()


def steps_alone(asked: Experiment, _dataset: Dataset) -> Spent:
    prepared: Prepared = prepare(asked)
    model = training_of(prepared).model
    state = model.start(first_weights(prepared.graph))
    plans = [plan for epoch in range(EPOCHS) for plan in prepared.planner.epoch(1 + epoch)]
    clock = Clock()
    for plan in plans:
        state, _, _ = model.advance(state, plan)
    return clock.spent()


def whole_program(asked: Experiment, _dataset: Dataset) -> Spent:
    events = train_experiment(asked)
    while not isinstance(next(events), Begun):
        pass
    clock = Clock()
    while not isinstance(next(events), Finished):
        pass
    return clock.spent()


WAYS: Mapping[str, Callable[[Experiment, Dataset], Spent]] = {
    "bare loop in PyTorch": bare_loop,
    "the engine's steps alone": steps_alone,
    "the whole program": whole_program,
}


def table(found: Mapping[str, list[Spent]], steps: int) -> str:
    """A row a way: milliseconds a step of both clocks, and the ratios to the first way."""
    lines = [f"{'':26} {'wall ms':>9} {'ratio':>7} {'processor ms':>13} {'ratio':>7}"]
    first = next(iter(found.values()))
    for name, spent in found.items():
        cells = []
        for clock, width in (("wall", 9), ("processor", 13)):
            pairs = [
                (getattr(own, clock), getattr(other, clock))
                for own, other in zip(spent, first, strict=True)
            ]
            cells.append(f"{1000 * median(own for own, _ in pairs) / steps:{width}.3f}")
            cells.append(f"{median(own / other for own, other in pairs):7.3f}")
        lines.append(f"{name:26} {' '.join(cells)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--network", choices=[case.network for case in CASES])
    options = parser.parse_args()
    for case in CASES:
        if options.network not in (None, case.network):
            continue
        dataset = open_images(case.images)
        setting = Setting(threads=options.threads)
        found: dict[str, list[Spent]] = {name: [] for name in WAYS}
        with TemporaryDirectory() as folder:
            asked = experiment("torch", case, setting, dataset)
            run = asked.run.model_copy(update={"folder": str(Path(folder) / "runs")})
            asked = asked.model_copy(update={"run": run})
            for number in range(options.rounds + 1):
                for name, way in WAYS.items():
                    spent = way(asked, dataset)
                    if number:  # the first makes what the process keeps
                        found[name].append(spent)
                        print(f"round {number}  {name:26} {spent}", flush=True)
        steps = EPOCHS * case.images // case.batch
        print(f"\n{case.network} at batch {case.batch}, {steps} steps in {EPOCHS} epochs, ", end="")
        print(f"{options.threads} thread{'s' if options.threads > 1 else ''}, torch ", end="")
        print(f"{torch.__version__}, float32, n = {options.rounds} rounds; aim {1 + AIM:.3f}")
        print(table(found, steps), flush=True)


if __name__ == "__main__":
    main()
