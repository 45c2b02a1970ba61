"""Names of the leaves of any tree: what a checkpoint calls the arrays of a foreign network.

A leaf's name is its path in the tree, joined by dots, in the library's own words: "conv2_d.w" in
Haiku, "params.Dense_0.kernel" in Flax. Values keep the library's shapes and axes.
"""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.errors import UsageError
from imagette.network.graph import Weight


def leaves_of(tree: Tree) -> list[tuple[str, Array]]:
    """Every leaf with its name, in the order of `jax.tree.leaves`.

    >>> leaves_of({"blocks": [{"w": 1.0}, {"w": 2.0}]})
    [('blocks.0.w', 1.0), ('blocks.1.w', 2.0)]
    """
    found = jax.tree_util.tree_flatten_with_path(tree)[0]
    return [(jax.tree_util.keystr(path, simple=True, separator="."), leaf) for path, leaf in found]


def weights_of(network: PureNetwork) -> tuple[Weight, ...]:
    """All that a checkpoint holds of a network, trainable first, each by a name of its own.

    Raises UsageError for two of one name, and for parameters that are not float32.
    """
    params, state = leaves_of(network.params), leaves_of(network.state)
    names = [name for name, _ in (*params, *state)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(
            f"{network.name} has two arrays called {_listed(twice)}: a checkpoint needs one name "
            "for each, so call one of them otherwise."
        )
    for name, leaf in params:
        _check_parameter(f"{name} of {network.name}", leaf)
    return (
        *(Weight(name, np.shape(leaf)) for name, leaf in params),
        *(Weight(name, np.shape(leaf), trainable=False) for name, leaf in state),
    )


def _check_parameter(what: str, leaf: object) -> None:
    dtype = getattr(leaf, "dtype", None)
    if dtype is None and not isinstance(leaf, float):
        raise UsageError(f"{what} must be an array. Got a {type(leaf).__name__}: {leaf!r:.40}.")
    if dtype is not None and not jnp.issubdtype(dtype, jnp.floating):
        raise UsageError(
            f"{what} is {dtype}, which no gradient moves: parameters are float32. Keep it in the "
            "network's state, or in its code."
        )
    if dtype is not None and dtype != jnp.float32:
        raise UsageError(f"{what} is {dtype}, parameters are float32: make it .astype('float32').")


def to_arrays(tree: Tree) -> dict[str, NDArray[np.float32]]:
    """Copies of all leaves, by name, as float32. Raises UsageError for what float32 cannot hold."""
    return {name: _exactly(name, leaf) for name, leaf in leaves_of(tree)}


def _exactly(name: str, leaf: object) -> NDArray[np.float32]:
    if isinstance(leaf, Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        raise UsageError(f"{name} is a random key: draw from the key that the network is given.")
    exact = np.asarray(leaf, np.float32 if type(leaf) is float else None)
    value = np.array(exact, np.float32)
    if not np.array_equal(value.astype(exact.dtype), exact, equal_nan=exact.dtype.kind in "fV"):
        raise UsageError(f"{name} holds values that float32 cannot: keep it as float32.")
    return value


def from_arrays(like: Tree, arrays: Weights, what: str) -> Tree:
    """A tree like `like` with these values, in its own dtypes; other names are passed over.

    Raises UsageError naming each leaf that is missing or of another shape, and what else there is.
    """
    leaves = leaves_of(like)
    problems = [problem for name, leaf in leaves for problem in _problems(name, leaf, arrays)]
    if problems:
        unknown = _listed(sorted(set(arrays) - {name for name, _ in leaves})) or "none"
        raise UsageError(
            f"The weights do not fit {what}: {'; '.join(problems)}. Weights of other names: "
            f"{unknown}. The code must give the same names and shapes at every start."
        )
    values = [jnp.array(arrays[name], jnp.result_type(leaf)) for name, leaf in leaves]
    return jax.tree.unflatten(jax.tree.structure(like), values)


def _problems(name: str, leaf: Array, arrays: Weights) -> Iterable[str]:
    if name not in arrays:
        yield f"{name} {list(np.shape(leaf))} is missing from the weights"
    elif arrays[name].shape != np.shape(leaf):
        given, wanted = list(arrays[name].shape), list(np.shape(leaf))
        yield f"{name} is {given} in the weights and {wanted} in the network"


def _listed(names: list[str]) -> str:
    most = 10
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
