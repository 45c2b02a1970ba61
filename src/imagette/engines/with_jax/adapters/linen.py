"""Flax linen: a `flax.linen.Module`; weights have the names of its collections, `params.Dense_0`.

Called with (images), or with `train=`, `training=` or `deterministic=` too if it takes one. What a
module draws, of whatever name, comes from the one key of the step.
"""

from typing import Any

import flax.linen as nn
import jax
from jax import Array

from imagette.engines.with_jax.adapters.mode import mode_of
from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.pointers import told_in_one_line


def takes(made: object) -> bool:
    return isinstance(made, nn.Module)


def adapted(made: Any, name: str, images: Array, key: Array) -> PureNetwork:
    mode = mode_of(made.__call__)

    def apply(
        params: Tree, state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        variables, told = {**params, **state}, mode(training)
        if not training:
            return made.apply(variables, images, rngs=key, **told), state
        output, moved = made.apply(variables, images, rngs=key, mutable=[*state], **told)
        return output, {**state, **moved}

    with told_in_one_line(f"{name}: init raised"):
        variables = jax.jit(lambda *given: made.init(*given, **mode(False)))(key, images)
    state = {kind: values for kind, values in variables.items() if kind != "params"}
    return PureNetwork(name, "Flax", {"params": variables.get("params", {})}, state, apply, "NHWC")
