"""The JAX engine: the only part of imagette that trains with JAX."""

from imagette.engines.with_jax.backend import begin
from imagette.engines.with_jax.closed import closed
from imagette.engines.with_jax.model import JaxModel
from imagette.engines.with_jax.own import own_of
from imagette.engines.with_jax.profile import convolution_rate

__all__ = ["JaxModel", "begin", "build", "closed", "convolution_rate", "own_of"]

build = JaxModel
