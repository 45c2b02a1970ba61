"""Equinox: an `eqx.Module`, or the (module, state) that `eqx.nn.make_with_state` makes.

It sees one image [C,H,W], under `jax.vmap` with axis_name="batch", and is given the state and
`key=` if it takes them. Arrays of floats are trained, other arrays are code. The factory gets
`key = jax.random.key(seed)` if it names it.
"""

from typing import Any

import equinox as eqx
import jax
from jax import Array

from imagette.engines.with_jax.adapters.mode import parameters_of
from imagette.engines.with_jax.pure import PureNetwork, Tree


def takes(made: Any) -> bool:
    module, state = made if _is_pair(made) else (made, None)
    return isinstance(module, eqx.Module) and isinstance(state, eqx.nn.State | None)


def adapted(made: Any, name: str, images: Array, key: Array) -> PureNetwork:  # noqa: ARG001
    module, state = made if _is_pair(made) else eqx.nn.make_with_state(lambda: made)()
    values, indices = state.tree_flatten()
    stateful = bool(indices)
    drawn = "key" in parameters_of(type(module).__call__)
    params, rest = eqx.partition(module, eqx.is_inexact_array)
    constants, code = eqx.partition(rest, eqx.is_array)

    def apply(
        params: Tree, state: Tree, images: Array, key: Array, training: bool
    ) -> tuple[Array, Tree]:
        called = eqx.combine(params, constants, eqx.nn.inference_mode(code, not training))
        held = eqx.nn.State.tree_unflatten(indices, [state[index] for index in indices])

        def one(image: Array, key: Array) -> Any:
            given = (held,) if stateful else ()
            returned = called(image, *given, **({"key": key} if drawn else {}))
            return returned if stateful else (returned, held)

        keys = jax.random.split(key, len(images))
        output, after = jax.vmap(one, out_axes=(0, None), axis_name="batch")(images, keys)
        return output, dict(zip(indices, after.tree_flatten()[0], strict=True))

    first = dict(zip(indices, values, strict=True))
    return PureNetwork(name, "Equinox", params, first, apply, "NCHW")


def _is_pair(made: Any) -> bool:
    return isinstance(made, tuple) and len(made) == 2
