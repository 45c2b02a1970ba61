"""Weights between the form of checkpoints and the one that JAX computes with.

Checkpoints hold [out,in/groups,kh,kw] and [out,in]; convolutions here want [kh,kw,in/groups,out],
matrix products [in,out]. An optimiser's slots have the form of their weights.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray


def as_computed(value: Array) -> Array:
    """From the form of checkpoints."""
    return jnp.moveaxis(value, (0, 1), (-1, -2)) if value.ndim > 1 else value


def laid_out(value: NDArray[np.float32]) -> Array:
    """A new array on the device, whatever becomes of `value`."""
    return jnp.array(np.moveaxis(value, (0, 1), (-1, -2)) if value.ndim > 1 else value)


def as_stored(value: Array) -> NDArray[np.float32]:
    """The inverse of `laid_out`, copied."""
    array = np.asarray(value)
    stored = np.moveaxis(array, (-1, -2), (0, 1)) if array.ndim > 1 else array
    return np.array(stored, np.float32, order="C")
