"""The JAX engine: the only part of imagette that trains with JAX."""

from imagette.engines.with_jax.model import JaxModel

__all__ = ["JaxModel", "build"]

build = JaxModel
