"""Weights of one run as the first weights of another: every tensor must fit, or be named."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.errors import UsageError, nearest

MOST_NAMED = 20
Shape = tuple[int, ...]


def match_weights(
    wanted: Mapping[str, Shape], given: Weights, reset: Sequence[str] = ()
) -> tuple[dict[str, NDArray[np.float32]], tuple[str, ...]]:
    """The weights to take from `given`, and the names of those to draw anew.

    `reset` names layers ("linear3") or weights ("linear3.bias") that are not taken. All others
    must be in both with equal shapes, or UsageError names each that is not, and the remedy.

    >>> old = {"linear1.bias": np.zeros(10, np.float32)}
    >>> match_weights({"linear1.bias": (100,)}, old, reset=["linear1"])
    ({}, ('linear1.bias',))
    """
    everything = dict.fromkeys([*wanted, *given])
    left_out = {name for path in reset for name in _under(path, everything)}
    compared = [name for name in everything if name not in left_out]
    wrong = {
        name: problem
        for name in compared
        if (problem := _problem(wanted.get(name), given[name].shape if name in given else None))
    }
    if wrong:
        each = _some("; ", [f"{name} {problem}" for name, problem in wrong.items()])
        paths = dict.fromkeys(name.rpartition(".")[0] or name for name in wrong)
        remedy = _some(" ", [f"--reset {path}" for path in paths])
        raise UsageError(
            f"The weights do not fit the network: {each}. To start these anew: {remedy}"
        )
    return {name: given[name] for name in compared}, tuple(n for n in wanted if n in left_out)


def _some(between: str, said: Sequence[str]) -> str:
    """All of a few, and of more the first: a file may hold thousands."""
    more = [f"... and {len(said) - MOST_NAMED} more"] if len(said) > MOST_NAMED else []
    return between.join([*said[:MOST_NAMED], *more])


def _under(path: str, names: Mapping[str, None]) -> list[str]:
    found = [name for name in names if name == path or name.startswith(f"{path}.")]
    if not found:
        paths = {name.rpartition(".")[0] for name in names}
        raise UsageError(
            f"--reset names no layer of the network. Got {path!r}. {nearest(path, paths)}"
        )
    return found


def _problem(wanted: Shape | None, given: Shape | None) -> str | None:
    if wanted is None:
        return f"{list(given or ())} is in the weights alone"
    if given is None:
        return f"{list(wanted)} is missing from the weights"
    if wanted != given:
        return f"is {list(given)} in the weights and {list(wanted)} in the network"
    return None
