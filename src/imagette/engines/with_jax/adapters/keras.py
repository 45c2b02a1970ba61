"""Keras 3 on its JAX backend: any `keras.Model` or layer; weights have the names of their paths.

Seeds of its random layers are set anew from the key of each step. What a layer adds to the loss,
such as a regulariser, is not part of ours.
"""

from typing import Any

import jax
import keras
from jax import Array

from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.errors import UsageError
from imagette.pointers import told_in_one_line


def takes(made: object) -> bool:
    return isinstance(made, keras.Layer)


def adapted(made: Any, name: str, images: Array, key: Array) -> PureNetwork:  # noqa: ARG001
    if (backend := keras.config.backend()) != "jax":
        raise UsageError(
            f"{name} is a Keras network on the backend '{backend}'. Set KERAS_BACKEND=jax in the "
            "environment, or in your file before it imports keras."
        )
    with told_in_one_line(f"{name}: building it raised"):
        made(images, training=False)
    trainable, rest = made.trainable_variables, made.non_trainable_variables
    seeds = {n for n, variable in enumerate(rest) if variable.dtype == "uint32"}

    def apply(
        params: Tree, state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        given = [
            jax.random.key_data(jax.random.fold_in(key, n)) if n in seeds else state[variable.path]
            for n, variable in enumerate(rest)
        ]
        weights = [params[variable.path] for variable in trainable]
        output, after = made.stateless_call(weights, given, images, training=training)
        return output, _by_path(rest, after, seeds)

    return PureNetwork(
        name,
        "Keras",
        _by_path(trainable, [variable.value for variable in trainable], set()),
        _by_path(rest, [variable.value for variable in rest], seeds),
        apply,
        "NHWC",
    )


def _by_path(variables: Any, values: Any, left_out: set[int]) -> Tree:
    pairs = enumerate(zip(variables, values, strict=True))
    return {variable.path: value for n, (variable, value) in pairs if n not in left_out}
