"""Turns a recipe and a seed into step plans: the only place where training meets chance.

The draws of an epoch are made whole, in the order of its images, and then cut: the length of a
chunk moves no bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Size
from imagette.engines.protocol import StepPlan
from imagette.engines.random import bits
from imagette.network.cost import Cost
from imagette.network.graph import Graph
from imagette.recipe.averaging import average_shares
from imagette.recipe.groups import column_rates
from imagette.recipe.horizon import Horizon, Leg
from imagette.recipe.recipe import Recipe
from imagette.recipe.schedules import rate_factors, rising_steps
from imagette.words import halves, permutation

# A chunk should take about a quarter of a second, so that progress is seen and a signal is obeyed
# soon. The guess needs no measurement, and so no recorded decision: 20 GFLOP/s, and the work of
# 0.5 ms for what a step costs beside its arithmetic.
CHUNK_OPERATIONS = 5e9
STEP_OVERHEAD_OPERATIONS = 1e7


@dataclass(frozen=True)
class Planner:
    """What the plans of every epoch have in common."""

    graph: Graph
    recipe: Recipe
    seed: int
    num_images: int
    changes: tuple[Leg, ...] = ()  # of how far it goes, as decided on the way
    sized: Mapping[Size, Graph] = field(default_factory=dict)  # the network at each other size
    longest: int | None = None  # steps in a plan, if that was decided

    @property
    def batch(self) -> int:
        asked = self.recipe.batch
        return self.num_images if asked == "all" else min(asked, self.num_images)

    @property
    def steps_per_epoch(self) -> int:
        return ceil(self.num_images / self.batch)

    @property
    def most_steps(self) -> int:
        """All that the recipe asks for."""
        return self.recipe.most_epochs * self.steps_per_epoch

    @cached_property
    def horizon(self) -> Horizon:
        rising = rising_steps(self.recipe.schedule, self.most_steps, self.steps_per_epoch)
        return Horizon.of(self.most_steps, rising, self.changes)

    @property
    def epochs(self) -> int:
        """As planned now; the last may be cut short by a time budget."""
        return ceil(self.horizon.num_steps / self.steps_per_epoch)

    @property
    def chunk(self) -> int:
        """Steps in one plan, where nothing shorter was decided."""
        return max(1, int(CHUNK_OPERATIONS / self._operations(None)))

    @property
    def length(self) -> int:
        """Steps in one plan, on the grid."""
        return self.chunk if self.longest is None else min(self.chunk, self.longest)

    def work(self, size: Size | None) -> float:
        """What a step on pictures of a size costs, where one on pictures as they are costs 1."""
        return self._operations(size) / self._operations(None)

    def work_ahead(self, step: int) -> float:
        """What the steps from `step` on cost on the average, in the same unit.

        A horizon stretches evenly what is ahead, so this holds for any length of the training.
        """
        sizes = self.recipe.sizes
        if sizes is None:
            return 1.0
        done = float(self.horizon.progress(np.array([step]))[0])
        shares = sizes.shares_from(done)
        return sum(share * self.work(self._as_input(size)) for size, share in shares.items())

    def _operations(self, size: Size | None) -> float:
        """Of a step, its fixed cost included; the backward pass is taken for twice the forward."""
        cost = self.graph_at(size).cost.total
        return 3 * cost * self.batch + STEP_OVERHEAD_OPERATIONS

    def graph_at(self, size: Size | None) -> Graph:
        """The network on pictures of this size."""
        return self.sized[size] if size else self.graph

    def _as_input(self, size: Size) -> Size | None:
        """As a plan has it: None where pictures stay as they are."""
        return None if size == self.graph.input_shape[1:] else size

    @property
    def input_sizes(self) -> tuple[Size | None, ...]:
        """Every size that a plan of this training may have."""
        sizes = self.recipe.sizes
        return tuple(map(self._as_input, sizes.sizes)) if sizes else (None,)

    def size(self, epoch: int) -> Size | None:
        """What the pictures of `epoch` (from 1) are resized to; None: they stay as they are."""
        if self.recipe.sizes is None:
            return None
        first = np.array([(epoch - 1) * self.steps_per_epoch])
        return self._as_input(self.recipe.sizes.at(float(self.horizon.progress(first)[0])))

    def cost(self, epoch: int) -> Cost:
        """Of one image in the forward pass of `epoch`, at its size."""
        return self.graph_at(self.size(epoch)).cost

    def steps_at_sizes(self) -> dict[Size | None, int]:
        """How many steps of the training, as planned now, are on pictures of each size."""
        steps, sizes = self.horizon.num_steps, self.recipe.sizes
        if sizes is None:
            return {None: steps}
        firsts = np.arange(0, steps, self.steps_per_epoch)
        found: dict[Size | None, int] = {}
        for first, progress in zip(firsts.tolist(), self.horizon.progress(firsts), strict=True):
            size = self._as_input(sizes.at(float(progress)))
            found[size] = found.get(size, 0) + min(self.steps_per_epoch, steps - first)
        return found

    def epoch(self, epoch: int, first: int = 0) -> Iterator[StepPlan]:
        """The plans of `epoch` (from 1), beginning after `first` of its steps."""
        order = permutation(bits(self.seed, "order", epoch, self.num_images))
        draws = self._draws(epoch, order)
        keys = self._dropout_keys(epoch)
        before, rates = (epoch - 1) * self.steps_per_epoch, self.rates(epoch)
        averaging = self.averaging(epoch)
        for begin, end in self._chunks(first):
            images = slice(begin * self.batch, end * self.batch)
            shape = (end - begin, -1)
            yield StepPlan(
                first_step=before + begin,
                indices=order[images].reshape(shape),
                draws={k: v[images].reshape(*shape, *v.shape[1:]) for k, v in draws.items()},
                rates=rates[begin:end],
                dropout={path: value[begin:end] for path, value in keys.items()},
                averaging=averaging[begin:end],
                input_size=self.size(epoch),
            )

    def _chunks(self, first: int) -> Iterator[tuple[int, int]]:
        """Begin and end of each chunk, on the grid; a short last batch is one of its own.

        The grid is fixed from the epoch's start, also where `first` lies beside it.
        """
        whole, begin = self.num_images // self.batch, first
        while begin < whole:
            end = min((begin // self.length + 1) * self.length, whole)
            yield begin, end
            begin = end
        if first <= whole < self.steps_per_epoch:
            yield whole, whole + 1

    def _draws(self, epoch: int, order: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
        size = self.graph.input_shape[1], self.graph.input_shape[2]
        named = [(f"{i}.{spec.name}", spec) for i, spec in enumerate(self.recipe.augment)]
        return {
            name: spec.draw(partial(self._bits_of, name), epoch, order, size)
            for name, spec in named
        }

    def _bits_of(self, name: str, purpose: str, index: int, count: int) -> NDArray[np.uint64]:
        return bits(self.seed, f"augment.{name}.{purpose}", index, count)

    def _dropout_keys(self, epoch: int) -> dict[str, NDArray[np.uint32]]:
        return {
            path: halves(bits(self.seed, f"dropout.{path}", epoch, self.steps_per_epoch))
            for path in self.graph.random_paths
        }

    def rates(self, epoch: int) -> NDArray[np.float32]:
        """The learning rates of every step of `epoch`, [steps per epoch, groups]."""
        factors = rate_factors(self.recipe.schedule, self._steps(epoch), self.horizon)
        return factors[:, None] * column_rates(self.recipe.optimiser, self.recipe.groups)

    def averaging(self, epoch: int) -> NDArray[np.float32]:
        """What every step of `epoch` takes into the averages, [steps per epoch]."""
        steps = self._steps(epoch)
        return average_shares(self.recipe.averaging, steps, self.horizon.progress(steps))

    def _steps(self, epoch: int) -> NDArray[np.integer]:
        return (epoch - 1) * self.steps_per_epoch + np.arange(self.steps_per_epoch)
