"""Flax NNX: a `flax.nnx.Module`, split into its graph and its variables.

`nnx.Param`s are trained; all other variables are state, but for streams of random numbers, which
begin anew from the key of each step. The factory gets `rngs = nnx.Rngs(seed)` if it names it.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

from imagette.engines.with_jax.adapters.mode import mode_of
from imagette.engines.with_jax.pure import PureNetwork, Tree


def takes(made: object) -> bool:
    return isinstance(made, nnx.Module)


def adapted(made: nnx.Module, name: str, images: Array, key: Array) -> PureNetwork:  # noqa: ARG001
    mode = mode_of(type(made).__call__)
    made.train()
    graph_in_training, *_ = _split(made)
    made.eval()
    graph, params, streams, state = _split(made)

    def apply(
        given_params: Tree, given_state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        module = nnx.merge(
            graph_in_training if training else graph,
            _filled(params, given_params),
            _begun(streams, key),
            _filled(state, given_state),
        )
        output = module(images, **mode(training))
        return output, nnx.to_pure_dict(_split(module)[3])

    return PureNetwork(
        name, "Flax NNX", nnx.to_pure_dict(params), nnx.to_pure_dict(state), apply, "NHWC"
    )


def _split(module: nnx.Module) -> tuple[Any, Any, Any, Any]:
    """Its graph, and what is trained, draws numbers, or is state."""
    parts: Any = nnx.split(module, nnx.Param, nnx.RngState, ...)
    graph, params, streams, rest = parts
    return graph, params, streams, rest


def _filled(variables: Any, values: Tree) -> Any:
    """A copy of these variables with other values."""
    copy = jax.tree.map(lambda value: value, variables)
    nnx.replace_by_pure_dict(copy, values)
    return copy


def _begun(streams: Any, key: Array) -> Any:
    """A copy of streams of random numbers, each with a key of its own and at its start."""
    values, structure = jax.tree.flatten(streams)
    return jax.tree.unflatten(structure, [_restarted(v, key, n) for n, v in enumerate(values)])


def _restarted(value: Array, key: Array, number: int) -> Array:
    if not jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        return jnp.zeros_like(value)  # how many were drawn
    own = jax.random.fold_in(key, number)
    return jax.random.split(own, value.shape) if value.shape else own
