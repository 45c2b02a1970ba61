"""A network of other code with its weights and its preprocessing inside: from bytes to logits."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.engines.with_jax.foreign import PureForward
from imagette.engines.with_jax.own import Own


def closed(own: Own, weights: Weights, preprocess: Preprocess) -> Callable[[Array], Array]:
    """A function of images uint8 [N,H,W,C] to logits float32 [N,K], in evaluation mode."""
    assert own.network is not None, "only a network of one's own is closed"
    forward = PureForward(own.network)
    params, state = forward.start(weights)
    scale, offset = preprocess.factors

    def function(image: Array) -> Array:
        return forward.evaluate(image.astype(jnp.float32) * scale + offset, params, state)

    return function
