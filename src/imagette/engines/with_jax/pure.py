"""A network of another library as what JAX trains: trees of arrays, a pure function of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from jax import Array

Tree = Any
"""Containers of arrays, nested as their library nests them."""

Apply = Callable[[Tree, Tree, Array, Array, bool], tuple[Array, Tree]]
"""(params, state, images [B,...], key uint32 [2], training) to (logits [B,K], new state)."""


@dataclass(frozen=True)
class PureNetwork:
    """What an adapter makes of a network; `params` are trained, `state` moves without a gradient.

    Both hold the first values, by the library's own names. Where `training` is False, `apply` draws
    nothing from `key` and its state comes back as it was.
    """

    name: str  # what messages call it
    library: str
    params: Tree
    state: Tree
    apply: Apply
    axes: Literal["NHWC", "NCHW"]  # of the images that `apply` takes
