"""Haiku: what `hk.transform` or `hk.transform_with_state` made of a function of images.

The function is called with (images), or with (images, is_training=...) if it takes it. `hk.Flatten`
and the like see [B,H,W,C].
"""

import haiku as hk
import jax
from jax import Array

from imagette.engines.with_jax.adapters.mode import mode_of
from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.pointers import told_in_one_line


def takes(made: object) -> bool:
    return isinstance(made, hk.Transformed | hk.TransformedWithState)


def adapted(
    made: hk.Transformed | hk.TransformedWithState, name: str, images: Array, key: Array
) -> PureNetwork:
    both = hk.with_empty_state(made) if isinstance(made, hk.Transformed) else made
    mode = mode_of(both.apply)

    def apply(
        params: Tree, state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        return both.apply(params, state, key, images, **mode(training))

    with told_in_one_line(f"{name}: init raised"):
        params, state = jax.jit(lambda *given: both.init(*given, **mode(True)))(key, images)
    return PureNetwork(name, "Haiku", params, state, apply, "NHWC")
