"""A pair of pure functions (init, apply) over parameters in any tree, without any library.

`init(key)` or `init(key, images)` makes the tree; `apply(params, images)` or
`apply(params, images, key)` computes logits. The key is None in evaluation, where nothing is drawn.
"""

import inspect
from typing import Any

from jax import Array

from imagette.engines.with_jax.adapters.mode import parameters_of
from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.pointers import told_in_one_line


def takes(made: object) -> bool:
    return isinstance(made, tuple | list) and len(made) == 2 and all(map(callable, made))


def adapted(made: Any, name: str, images: Array, key: Array) -> PureNetwork:
    init, pure = made
    drawn = _num_positional(pure) > 2

    def apply(
        params: Tree, state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        given = (key if training else None,) if drawn else ()
        return pure(params, images, *given), state

    with told_in_one_line(f"{name}: init raised"):
        params = init(key, images) if _num_positional(init) > 1 else init(key)
    return PureNetwork(name, "pure functions", params, {}, apply, "NHWC")


def _num_positional(function: Any) -> int:
    """How many arguments must, or may by a name for it, be given in order."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(
        p.kind in kinds and (p.default is p.empty or p.name in ("key", "rng", "images"))
        for p in parameters_of(function).values()
    )
