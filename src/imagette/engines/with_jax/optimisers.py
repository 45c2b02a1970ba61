"""The optimisers of a recipe as chains of Optax, and one's own; the rate comes from the plan.

Slots are saved under the names that torch's optimisers give them, so that either engine goes on
with what the other began.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.engines.protocol import OPTIMISER_PREFIX
from imagette.engines.with_jax.muon import normalised, orthogonalised
from imagette.engines.with_jax.pure import Tree
from imagette.recipe.groups import Assignment
from imagette.recipe.optimisers import SGD, Adam, AdamW, Muon, RMSprop

OfEach = Callable[[Tree], Tree]
"""From the weights to a tree like them, of what is known of each."""

Stored = dict[str, NDArray[Any]]
STEP = "step"


@dataclass(frozen=True)
class Optimiser:
    """A transformation of gradients into what a rate of 1 would subtract (or add, if one's own)."""

    transformation: optax.GradientTransformation
    slot_names: Mapping[str, str]  # of a field of Optax's states; empty for one's own: its path
    sign: int  # of the step: -1, or 1 for one's own, whose rate is its own too
    columns: OfEach  # the column of rates of each weight
    project: Callable[[Array], Array] = lambda weight: weight  # what becomes of a moved weight

    def init(self, params: Tree) -> Tree:
        """Slots that have seen nothing; copies, for a step takes their memory and a user's key."""
        return jax.tree.map(lambda leaf: jnp.asarray(leaf).copy(), self.transformation.init(params))

    def step(self, gradients: Tree, slots: Tree, params: Tree, rates: Array) -> tuple[Tree, Tree]:
        """Weights and slots after one step; `rates` [G], one a group of weights."""
        updates, slots = self.transformation.update(gradients, slots, params)

        def moved(w: Array, u: Array, column: int) -> Array:
            return self.project(w + rates[column] * self.sign * u)

        return jax.tree.map(moved, params, updates, self.columns(params)), slots

    def save(self, slots: Tree, params: Tree, stored: Callable[[Tree], Stored]) -> Stored:
        """All slots, as `opt.<slot>.<weight>`; `stored` gives a tree like `params` its names.

        What else an optimiser of one's own keeps is held exactly: counts and random keys too.
        """
        saved: Stored = {}
        names = stored(params)
        for path, value, is_slot in _places(slots, params):
            key = f"{OPTIMISER_PREFIX}{self._name(path)}"
            if is_slot:
                saved.update((f"{key}.{name}", array) for name, array in stored(value).items())
            elif self.slot_names:
                saved.update((f"{key}.{name}", np.array(value, np.float32)) for name in names)
            else:
                saved[key] = _exactly(value)
        return saved

    def restore(
        self, arrays: Weights, params: Tree, names: list[str], like: Callable[[Stored], Tree]
    ) -> Tree:
        """The slots that `save` gave these arrays for; those that it did not hold are fresh."""

        def filled(path: str, value: Tree, is_slot: bool) -> Tree:
            key = f"{OPTIMISER_PREFIX}{self._name(path)}"
            if is_slot:
                held = {n: np.array(arrays[f"{key}.{n}"]) for n in names if f"{key}.{n}" in arrays}
                return _typed(like(held), value) if len(held) == len(names) else value
            key = f"{key}.{names[0]}" if self.slot_names else key
            return _back(arrays[key], value) if key in arrays else value

        fresh = self.init(params)
        leaves = [filled(*place) for place in _places(fresh, params)]
        return jax.tree.unflatten(_structure(fresh, params), leaves)

    def _name(self, path: str) -> str:
        return self.slot_names[path.rpartition(".")[2]] if self.slot_names else path


@dataclass(frozen=True)
class Several:
    """Optimisers that move parts of the weights, which are a dict by name; slots are of each."""

    parts: tuple[tuple[tuple[str, ...], Optimiser], ...]  # (names, what moves them)

    def init(self, params: Tree) -> Tree:
        return tuple(one.init(_only(params, names)) for names, one in self.parts)

    def step(self, gradients: Tree, slots: Tree, params: Tree, rates: Array) -> tuple[Tree, Tree]:
        moved, after = dict(params), []
        for (names, one), own in zip(self.parts, slots, strict=True):
            found, own = one.step(_only(gradients, names), own, _only(params, names), rates)
            moved |= found
            after.append(own)
        return moved, tuple(after)

    def save(self, slots: Tree, params: Tree, stored: Callable[[Tree], Stored]) -> Stored:
        saved: Stored = {}
        for (names, one), own in zip(self.parts, slots, strict=True):
            saved |= one.save(own, _only(params, names), stored)
        return saved

    def restore(
        self, arrays: Weights, params: Tree, _names: list[str], like: Callable[[Stored], Tree]
    ) -> Tree:
        return tuple(
            one.restore(arrays, _only(params, names), list(names), like)
            for names, one in self.parts
        )


def lower_optimiser(assigned: Mapping[str, Assignment], names: OfEach) -> Optimiser | Several:
    """The chains of a recipe's optimiser, with torch's definitions.

    `names` gives a tree like the weights, of the names by which they are assigned.
    """
    specs = list(dict.fromkeys(one.optimiser for one in assigned.values()))
    lowered = [_lowered(spec, assigned, names) for spec in specs]
    if len(lowered) == 1:
        return lowered[0]
    members = [tuple(n for n, one in assigned.items() if one.optimiser == spec) for spec in specs]
    return Several(tuple(zip(members, lowered, strict=True)))


def _lowered(spec: Any, assigned: Mapping[str, Assignment], names: OfEach) -> Optimiser:

    def each(what: str) -> OfEach:
        return lambda params: jax.tree.map(lambda n: getattr(assigned[n], what), names(params))

    lowered = _LOWERINGS[type(spec)](spec, _decayed(each("decay")))
    optimiser = Optimiser(*lowered, sign=-1, columns=each("column"))
    on_sphere = isinstance(spec, Muon) and spec.normalise
    return replace(optimiser, project=normalised) if on_sphere else optimiser


def own_optimiser(transformation: optax.GradientTransformation) -> Optimiser:
    """One's own: its updates are added, as Optax has it, multiplied by the plan's rate."""
    first = partial(jax.tree.map, lambda _weight: 0)
    return Optimiser(transformation, {}, sign=1, columns=first)


def _only(tree: Tree, names: Sequence[str]) -> Tree:
    return {name: tree[name] for name in names}


def _places(slots: Tree, params: Tree) -> Iterator[tuple[str, Tree, bool]]:
    """(path, value, whether it is of the form of the weights) of each part of an optimiser."""
    like = _is_like(params)
    for path, value in jax.tree_util.tree_flatten_with_path(slots, is_leaf=like)[0]:
        yield jax.tree_util.keystr(path, simple=True, separator="."), value, like(value)


def _structure(slots: Tree, params: Tree) -> Any:
    return jax.tree.structure(slots, is_leaf=_is_like(params))


def _is_like(params: Tree) -> Callable[[Tree], bool]:
    structure: Any = jax.tree.structure(params)
    shapes = _shapes(params)
    return lambda tree: bool(jax.tree.structure(tree) == structure) and _shapes(tree) == shapes


def _typed(tree: Tree, like: Tree) -> Tree:
    """The same numbers in the types of another tree: an optimiser may keep fewer bits."""
    return jax.tree.map(lambda new, old: new.astype(old.dtype), tree, like)


def _exactly(value: Any) -> NDArray[Any]:
    """A number of an optimiser as a file holds it: whole ones in their own type, a key as its bits.

    Float32 would change a large count, or one of the older keys, which are whole numbers.
    """
    if _is_key(value):
        return np.array(jax.random.key_data(value))
    whole = jnp.issubdtype(jnp.result_type(value), jnp.integer)
    return np.array(value, jnp.result_type(value) if whole else np.float32)


def _back(stored: NDArray[Any], like: Any) -> Array:
    if _is_key(like):
        return jax.random.wrap_key_data(jnp.asarray(stored), impl=jax.random.key_impl(like))
    return jnp.asarray(stored, jnp.result_type(like))


def _is_key(value: Any) -> bool:
    return isinstance(value, Array) and jnp.issubdtype(value.dtype, jax.dtypes.prng_key)


def _shapes(tree: Tree) -> list[tuple[int, ...]]:
    return [jnp.shape(leaf) for leaf in jax.tree.leaves(tree)]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Count:
    count: Array


def _counting() -> optax.GradientTransformation:
    """Changes nothing and counts the steps, which torch's RMSprop keeps beside its slots."""
    return optax.GradientTransformation(
        lambda _params: _Count(jnp.zeros([], jnp.int32)),
        lambda updates, state, _params=None: (updates, _Count(state.count + 1)),
    )


def _decayed(decays: OfEach) -> optax.GradientTransformation:
    """Adds to the gradient of each weight its own decay times the weight."""

    def update(updates: Tree, state: Any, params: Tree) -> tuple[Tree, Any]:
        def decayed(u: Array, w: Array, decay: float) -> Array:
            return u + decay * w if decay else u

        return jax.tree.map(decayed, updates, params, decays(params)), state

    return optax.GradientTransformation(optax.init_empty_state, update)


Lowered = tuple[optax.GradientTransformation, Mapping[str, str]]  # and what its slots are called


def _sgd(spec: SGD, decay: optax.GradientTransformation) -> Lowered:
    momentum = [optax.trace(spec.momentum, spec.nesterov)] if spec.momentum else []
    return optax.chain(decay, *momentum), {"trace": "momentum_buffer"}


def _adam(spec: Adam | AdamW, decay: optax.GradientTransformation) -> Lowered:
    adam = optax.scale_by_adam(*spec.betas, eps=spec.epsilon)
    chain = optax.chain(adam, decay) if spec.decoupled else optax.chain(decay, adam)
    return chain, {"mu": "exp_avg", "nu": "exp_avg_sq", "count": STEP}


def _rmsprop(spec: RMSprop, decay: optax.GradientTransformation) -> Lowered:
    rms = optax.scale_by_rms(spec.smoothing, spec.epsilon, eps_in_sqrt=False)
    momentum = [optax.trace(spec.momentum)] if spec.momentum else []
    chain = optax.chain(decay, rms, *momentum, _counting())
    return chain, {"nu": "square_avg", "trace": "momentum_buffer", "count": STEP}


def _muon(spec: Muon, decay: optax.GradientTransformation) -> Lowered:
    momentum = optax.trace(spec.momentum, spec.nesterov)
    return optax.chain(momentum, orthogonalised(spec.newton_schulz), decay), {
        "trace": "momentum_buffer"
    }


_LOWERINGS: dict[type, Callable[[Any, optax.GradientTransformation], Lowered]] = {
    SGD: _sgd,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
    Muon: _muon,
}
