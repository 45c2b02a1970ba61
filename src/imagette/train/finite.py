"""Refuses to go on with losses, or to keep weights, that are no numbers, and says where they arose.

An engine computes many steps in one call, so that the loss alone tells of trouble. Then the steps
since the last good state are taken once more, up to the broken one, and every node is looked at.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.data.split import Split
from imagette.engines.protocol import Model, StepPlan, moving_of
from imagette.errors import ImagetteError, TrainingError
from imagette.network.graph import Graph
from imagette.train.events import Position
from imagette.train.feed import advanced
from imagette.train.plan import Planner

PROBE = 64
"""Images that tell, before a checkpoint, whether the network's outputs are finite."""

_REMEDY = "Lower recipe.optimiser.rate; the last good checkpoint is kept."


@dataclass(frozen=True)
class Good:
    """The newest state that is known to be finite, and where in the training it is."""

    arrays: Weights
    position: Position


def refuse_non_finite(
    losses: NDArray[np.float32],
    plan: StepPlan,
    epoch: int,
    model: Model,
    planner: Planner,
    train: Split,
    good: Good,
) -> None:
    """Raises TrainingError at the first loss of the plan's steps that is not finite.

    It names the step, and the weight or the node in which the trouble begins.
    """
    broken = np.flatnonzero(~np.isfinite(losses))
    if not len(broken):
        return
    at = int(broken[0])
    step, images = plan.first_step + at, train.images[plan.indices[at]]
    arrays = _replayed(model, planner, train, good, step)
    where = _trouble(model, planner.graph, arrays, images, step - 1)
    raise TrainingError(
        f"The loss became {losses[at]} at step {step} (epoch {epoch}): "
        f"{where or 'every node gives numbers, so the loss itself is too large'}. {_REMEDY}"
    )


def refuse_broken(
    model: Model, train: Split, graph: Graph, arrays: Weights, position: Position
) -> None:
    """A last step may break the weights after its loss was computed: they must not be kept."""
    probe, step = train[:PROBE].images, position.step - 1
    with np.errstate(all="ignore"):
        logits = model.predict(moving_of(arrays), probe, len(probe))
    if not np.isfinite(logits).all():
        where = _trouble(model, graph, arrays, np.asarray(probe[:]), step)
        raise TrainingError(
            f"The network's outputs are no longer finite after step {step} "
            f"(epoch {position.epoch}): {where or 'in its last node'}. {_REMEDY}"
        )


def _replayed(model: Model, planner: Planner, train: Split, good: Good, step: int) -> Weights:
    """All that training moves as it was before `step`: the same plans give the same bits."""
    state = model.restore(good.arrays)
    for plan in _plans(planner, good.position):
        if plan.first_step >= step:
            break
        state, _, _ = advanced(model, train, state, plan.head(step - plan.first_step))
    return model.save(state)


def _plans(planner: Planner, position: Position) -> Iterator[StepPlan]:
    yield from planner.epoch(position.epoch, position.step_in_epoch)
    yield from planner.epoch(position.epoch + 1, 0)


def _trouble(
    model: Model, graph: Graph, arrays: Weights, images: NDArray[np.uint8], last_step: int
) -> str | None:
    """The first weight that is no number, else the first node that gives one on these images."""
    weights = moving_of(arrays)
    for name, array in weights.items():
        if (value := _broken_value(array)) is not None:
            return (
                f"{name} became {value} in step {last_step}, its gradient or the update "
                "was too large"
            )
    with suppress(ImagetteError), np.errstate(all="ignore"):  # code of one's own may refuse
        found = model.activations(weights, images, [node.path for node in graph.nodes])
        for node in graph.nodes:
            if (value := _broken_value(found[node.path])) is not None:
                return f"{node.path} (F{node.index}, {node.function}) is the first to give {value}"
    return None


def _broken_value(array: NDArray[np.float32]) -> np.float32 | None:
    broken = array[~np.isfinite(array)]
    return broken.flat[0] if broken.size else None
