"""A network of another library as what JAX trains: trees of arrays, a pure function of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax
from jax import Array

Tree = Any
"""Containers of arrays, nested as their library nests them."""

Apply = Callable[[Tree, Tree, Array, Array, bool], tuple[Array, Tree]]
"""(params, state, images [B,...], key, training) to (logits [B,K], new state)."""


@dataclass(frozen=True)
class PureNetwork:
    """What an adapter makes of a network; `params` are trained, `state` moves without a gradient.

    Both hold the first values, by the library's own names. `key` is one of `jax.random`; where
    `training` is False what `apply` draws from it does not matter, nor does the state it returns.
    """

    name: str  # what messages call it
    library: str
    params: Tree
    state: Tree
    apply: Apply
    axes: Literal["NHWC", "NCHW"]  # of the images that `apply` takes


def first_key(seed: int) -> Array:
    """What first values are drawn with, as libraries write it: `jax.random.key(seed)`."""
    return jax.random.key(seed)


def key_of(bits: Array) -> Array:
    """The key of a step plan, uint32 [2], as one of `jax.random`."""
    return jax.random.wrap_key_data(bits, impl="threefry2x32")
