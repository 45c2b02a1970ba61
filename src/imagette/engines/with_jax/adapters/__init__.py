"""Networks of other libraries as pure functions: one file a library, found by their kind.

No library is imported here: an object of a library that was never imported cannot be there.
"""

import sys
from importlib import import_module
from typing import Protocol, cast

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax.pure import PureNetwork, first_key
from imagette.errors import UsageError
from imagette.network.graph import Shape


class Adapter(Protocol):
    """What each file here offers."""

    def takes(self, made: object) -> bool:
        """Whether it is a network of this library."""
        ...

    def adapted(self, made: object, name: str, images: Array, key: Array) -> PureNetwork:
        """It as a pure function; `images` [B,H,W,C] are noise for making first values with."""
        ...


_FILES = {  # the module of a library that must be there for its objects to exist: our file
    "haiku": "haiku",
    "flax.linen": "linen",
    "flax.nnx": "nnx",
    "equinox": "equinox",
    "keras": "keras",
    "jax": "pair",  # last: some libraries' networks are pairs of functions too
}


def pure_network(made: object, name: str, input_shape: Shape, seed: int) -> PureNetwork:
    """What a network of some library is to JAX; its first values are drawn from `seed`.

    Equinox sees one image [C,H,W], all others a batch [B,H,W,C]. Raises UsageError, naming the
    network, if it is of no known library or its first values cannot be made.
    """
    for library, file in _FILES.items():
        if library not in sys.modules:
            continue
        adapter = cast(Adapter, import_module(f"imagette.engines.with_jax.adapters.{file}"))
        if adapter.takes(made):
            return adapter.adapted(made, name, first_images(input_shape, seed), first_key(seed))
    raise UsageError(
        f"{name} must return a network that JAX trains: a Haiku transform, a Flax, Equinox or "
        f"Keras module, or a pair of functions (init, apply). Got {_described(made)}."
    )


def first_images(input_shape: Shape, seed: int) -> Array:
    """Noise [8,H,W,C] to make first values with: Haiku begins its statistics with what it sees.

    Zeros would give a variance of 0, and logits without measure until the first step.
    """
    channels, height, width = input_shape
    return jax.random.normal(first_key(seed), (8, height, width, channels), jnp.float32)


def _described(made: object) -> str:
    if any(kind.__module__.startswith("torch.nn") for kind in type(made).__mro__):
        return "a torch.nn.Module, which engine.name = 'torch' trains"
    if isinstance(made, type):
        return f"the class {made.__name__} itself, not a network made by it"
    return f"a {type(made).__name__}"
