"""The JAX engine: the only part of imagette that trains with JAX."""

from imagette.engines.with_jax.backend import begin
from imagette.engines.with_jax.model import JaxModel
from imagette.engines.with_jax.own import own_of

__all__ = ["JaxModel", "begin", "build", "own_of"]

build = JaxModel
