"""A network on JAX: many steps in one compiled loop, pure functions of trees of arrays."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

from imagette.arrays import Images, Labels, Logits, Size, Weights
from imagette.data.preprocess import Preprocess
from imagette.data.streamed import AnyImages
from imagette.engines.parts import parts_of
from imagette.engines.protocol import (
    MOVING_PREFIX,
    EngineSpec,
    StepPlan,
    moving_of,
    weights_of,
)
from imagette.engines.with_jax.accumulation import accumulated, clipped
from imagette.engines.with_jax.augment import lower_augmentation
from imagette.engines.with_jax.averages import taken
from imagette.engines.with_jax.backend import begin, choose_device, threads_asked, working
from imagette.engines.with_jax.foreign import PureForward
from imagette.engines.with_jax.forward import Forward
from imagette.engines.with_jax.losses import LossFunction, lower_loss, mixed
from imagette.engines.with_jax.optimisers import lower_optimiser, own_optimiser
from imagette.engines.with_jax.own import Own
from imagette.engines.with_jax.pure import Tree
from imagette.engines.with_jax.resize import resized
from imagette.engines.with_jax.shards import WHOLE, Shards, shards_of
from imagette.errors import UsageError
from imagette.machine import threads_for
from imagette.network.graph import Graph
from imagette.recipe.groups import assign
from imagette.recipe.recipe import Recipe

# Plans of different lengths go through one compiled loop, so they are padded to one length: of so
# many steps, or so many numbers for the largest batches.
LOOP_STEPS = 512
LOOP_INDICES = 1 << 20


class JaxState(NamedTuple):
    """What training moves: by the gradient, by the images alone, and the optimiser's own."""

    params: Tree
    fixed: Tree
    slots: Tree
    averages: tuple[Tree, Tree] | None  # of params and fixed; None where the recipe has none


class JaxModel:
    """Implements `imagette.engines.protocol.Model`."""

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe,
        preprocess: Preprocess,
        engine: EngineSpec,
        own: Own | None = None,
    ) -> None:
        own = own or Own()
        if engine.precision != "float32":
            raise UsageError(
                f"engine.precision = '{engine.precision}' is for torch alone, JAX trains in "
                "float32: take engine.name = 'torch', or leave the precision out."
            )
        begin(engine.num_threads or threads_for(recipe.batch))
        self._place = choose_device(engine.device)
        self.threads, notes = threads_asked(engine.num_threads)
        whole = own.looks_at_batches or self._place.device.platform != "cpu"
        self._shards, told = (WHOLE, ()) if whole else shards_of(recipe, self.threads)
        self.notes = (*self._place.notes, *notes, *told)
        kind = f"{self.threads} thread{'s' if self.threads > 1 else ''}, float32"
        shards = f", {self._shards.count} shards" if self._shards else ""
        self.device = f"jax {jax.__version__} on {self._place.words}, {kind}{shards}"
        self._recipe = recipe
        self._size = (graph.input_shape[1], graph.input_shape[2])
        self._forward = PureForward(own.network) if own.network else Forward(graph)
        self._loss = own.loss or lower_loss(recipe.loss)
        self._optimiser = (
            own_optimiser(own.optimiser)
            if own.optimiser
            else lower_optimiser(
                assign(recipe.optimiser, recipe.groups, graph), self._forward.names
            )
        )
        self._update = own.update
        self._augmentations = [
            (f"{i}.{spec.name}", lower_augmentation(spec)) for i, spec in enumerate(recipe.augment)
        ]
        self._scale, self._offset = preprocess.factors
        self._loop = self._shards.compiled(self._steps)
        # Other libraries' own convolutions run 30 times slower inside a loop (docs/log.md).
        alone = jax.jit(self._only_step, donate_argnums=0, static_argnums=5)
        self._alone = alone if own.network else None
        self._evaluate = jax.jit(self._logits)
        self._watch = jax.jit(self._kept, static_argnums=0)
        self._slopes = jax.jit(jax.grad(self._chosen, argnums=2))

    @property
    def shards(self) -> int:
        return self._shards.count

    def place(self, images: Images | None, labels: Labels) -> None:
        with working(self._place):
            self._images = None if images is None else self._shards.shared(images)
            self._labels = self._shards.shared(labels.astype(np.int32))

    def start(self, weights: Weights) -> JaxState:
        with working(self._place):
            params, fixed = self._forward.start(weights)
            slots = self._optimiser.init(params)
            state = JaxState(params, fixed, slots, self._averages(weights))
            return self._shards.spread(state)

    def _averages(self, weights: Weights) -> tuple[Tree, Tree] | None:
        return self._forward.start(weights) if self._recipe.averaging else None

    def advance(
        self, state: JaxState, plan: StepPlan, images: NDArray[np.uint8 | np.float32] | None = None
    ) -> tuple[JaxState, NDArray[np.float32], NDArray[np.int32]]:
        if self._alone and plan.num_steps > 1:
            return self._one_by_one(state, plan, images)
        steps = plan.num_steps
        length = steps if images is not None or self._alone else _loop_length(plan)
        arrays = {
            "indices": plan.indices,
            "rates": plan.rates,
            "draws": dict(plan.draws),
            "keys": dict(plan.dropout),
            "averaging": plan.averaging,
        }
        padded = jax.tree.map(partial(_padded, length=length), arrays)
        source = self._images if images is None else _padded(images, length)
        with working(self._place):
            run = self._alone or self._loop
            state, losses, correct = run(
                state, source, self._labels, padded, steps, plan.input_size
            )
        mean = 1 if self._recipe.loss.reduction == "mean" else 1 / plan.indices.shape[1]
        losses, correct = np.asarray(losses)[:steps], np.asarray(correct)[:steps]
        return state, losses * np.float32(mean), correct.copy()

    def _one_by_one(
        self, state: JaxState, plan: StepPlan, images: NDArray[np.uint8 | np.float32] | None
    ) -> tuple[JaxState, NDArray[np.float32], NDArray[np.int32]]:
        losses, correct = [], []
        for i, step in enumerate(plan.steps()):
            own = None if images is None else images[i : i + 1]
            state, loss, right = self.advance(state, step, own)
            losses.append(loss)
            correct.append(right)
        return state, np.concatenate(losses), np.concatenate(correct)

    def _only_step(
        self,
        state: JaxState,
        source: Array,
        labels: Array,
        plan: Mapping[str, Any],
        _steps: Array,
        size: Size | None,
    ) -> tuple[JaxState, Array, Array]:
        """A plan of one step, outside a loop."""
        state, loss, right = self._planned_step(0, state, source, labels, plan, size, WHOLE)
        return state, loss[None], right[None]

    def _steps(
        self,
        state: JaxState,
        source: Array,
        labels: Array,
        plan: Mapping[str, Any],
        steps: Array,
        size: Size | None,
        shards: Shards,
    ) -> tuple[JaxState, Array, Array]:
        """The first `steps` of a padded plan."""
        length = len(plan["indices"])

        def one(i: Array, carried: tuple[JaxState, Array, Array]) -> tuple[JaxState, Array, Array]:
            state, losses, correct = carried
            state, loss, right = self._planned_step(i, state, source, labels, plan, size, shards)
            return state, losses.at[i].set(loss), correct.at[i].set(right)

        empty = jnp.zeros(length, jnp.float32), jnp.zeros(length, jnp.int32)
        return lax.fori_loop(0, steps, one, (state, *empty))

    def _planned_step(
        self,
        i: Array | int,
        state: JaxState,
        source: Array,
        labels: Array,
        plan: Mapping[str, Any],
        size: Size | None,
        shards: Shards,
    ) -> tuple[JaxState, Array, Array]:
        """Step `i` of a plan; `source` are all images, or a streamed plan's own [k,B,H,W,C]."""
        now = jax.tree.map(lambda x: lax.dynamic_index_in_dim(x, i, keepdims=False), plan)
        pixels = source[i] if source.ndim == 5 else source[now["indices"]]
        return self._step(state, pixels, labels[now["indices"]], now, size, shards)

    def _step(
        self,
        state: JaxState,
        pixels: Array,
        labels: Array,
        now: Mapping[str, Any],
        size: Size | None,
        shards: Shards,
    ) -> tuple[JaxState, Array, Array]:
        for name, apply in self._augmentations:
            pixels = apply(pixels, now["draws"][name])
        images = self._normalised(pixels if size is None else resized(pixels, size))
        parts = parts_of(len(images), self._recipe.accumulate)
        (whole,) = parts_of(len(images), 1)
        first, num_images = shards.number_of_first(len(images)), len(images) * shards.count

        def loss_of(
            params: Tree, fixed: Tree = state.fixed, part: slice = whole
        ) -> tuple[Array, tuple[Array, Tree]]:
            outputs, fixed = self._forward.train(
                images[part], params, fixed, now["keys"], first + part.start, shards
            )
            loss = self._loss_at(now["draws"], labels, part)(outputs, labels[part])
            if len(outputs) < num_images and self._recipe.loss.reduction == "mean":
                loss = loss * (len(outputs) / num_images)
            return loss, (outputs, fixed)

        def step(gradients: Tree, slots: Tree, params: Tree) -> tuple[Tree, Tree]:
            if self._recipe.clip is not None:
                gradients = clipped(gradients, self._recipe.clip)
            return self._optimiser.step(gradients, slots, params, now["rates"])

        if self._update:
            moved = self._update(loss_of, step, state.params, state.slots)
            params, slots, loss, (outputs, fixed) = moved
        else:
            found, gradients = accumulated(loss_of, state.params, state.fixed, parts)
            loss, (outputs, fixed) = found
            loss, gradients = shards.total((loss, gradients))
            params, slots = step(gradients, state.slots, state.params)
        right = shards.total((outputs.argmax(1) == labels).sum(dtype=jnp.int32))
        averages, (params, fixed) = self._averaged(state, (params, fixed), now["averaging"])
        return JaxState(params, fixed, slots, averages), loss, right

    def _averaged(
        self, before: JaxState, moving: tuple[Tree, Tree], share: Array
    ) -> tuple[tuple[Tree, Tree] | None, tuple[Tree, Tree]]:
        """The averages after a step, and what moves on."""
        if self._recipe.averaging is None:
            return None, moving
        return taken(before.averages, moving, share, self._recipe.averaging.syncs)

    def predict(self, weights: Weights, images: AnyImages, batch: int) -> Logits:
        with working(self._place):
            params, fixed = self._forward.start(weights)
            batch = min(batch, len(images))
            parts = (np.asarray(images[i : i + batch]) for i in range(0, len(images), batch))
            logits = [
                np.asarray(self._evaluate(params, fixed, _padded(part, batch)))[: len(part)]
                for part in parts
            ]
        return np.concatenate(logits)

    def activations(
        self, weights: Weights, images: Images, paths: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        with working(self._place):
            found = self._watch(tuple(paths), *self._forward.start(weights), np.asarray(images))
        return {path: _channels_first(x) for path, x in found.items()}

    def pixel_gradients(
        self, weights: Weights, images: Images, labels: Labels
    ) -> NDArray[np.float32]:
        with working(self._place):
            params, fixed = self._forward.start(weights)
            return _channels_first(
                self._slopes(params, fixed, np.array(images, np.float32), np.asarray(labels))
            )

    def node_seconds(self, _state: JaxState, _plan: StepPlan) -> None:
        """XLA compiles a step as one: no node has a time of its own."""

    def save(self, state: JaxState) -> dict[str, NDArray[np.float32]]:
        arrays = self._stored(state.params, state.fixed)
        if state.averages:
            moving = {f"{MOVING_PREFIX}{name}": value for name, value in arrays.items()}
            arrays = self._stored(*state.averages) | moving
        return arrays | self._optimiser.save(state.slots, state.params, self._forward.stored)

    def restore(self, arrays: Weights) -> JaxState:
        with working(self._place):
            params, fixed = self._forward.start(moving_of(arrays))
            names = list(self._forward.stored(params))
            slots = self._optimiser.restore(arrays, params, names, self._forward.like_params)
            state = JaxState(params, fixed, slots, self._averages(weights_of(arrays)))
            return self._shards.spread(state)

    def _stored(self, params: Tree, fixed: Tree) -> dict[str, NDArray[np.float32]]:
        return self._forward.stored(params) | self._forward.stored(fixed)

    def _logits(self, params: Tree, fixed: Tree, pixels: Array) -> Array:
        return self._forward.evaluate(self._normalised(pixels), params, fixed)

    def _chosen(self, params: Tree, fixed: Tree, pixels: Array, labels: Array) -> Array:
        """The sum over images of the logit of each one's label."""
        logits = self._logits(params, fixed, pixels)
        return jnp.take_along_axis(logits, labels[:, None], 1).sum()

    def _kept(
        self, paths: tuple[str, ...], params: Tree, fixed: Tree, pixels: Array
    ) -> dict[str, Array]:
        return self._forward.activations(self._normalised(pixels), params, fixed, paths)

    def _loss_at(self, draws: Mapping[str, Array], labels: Array, part: slice) -> LossFunction:
        """The loss of a part of a step's batch."""
        mixing = self._recipe.mixing
        if mixing is None:
            return self._loss
        name, spec = mixing
        return mixed(self._loss, spec.own_share(draws[name], self._size), jnp.roll(labels, 1)[part])

    def _normalised(self, pixels_BHWC: Array) -> Array:
        return jnp.asarray(self._offset) + pixels_BHWC.astype(jnp.float32) * self._scale


def _loop_length(plan: StepPlan) -> int:
    """The same for every plan of one batch size, unless the plan is longer."""
    length = max(1, min(LOOP_STEPS, LOOP_INDICES // plan.indices.shape[1]))
    return length * ceil(plan.num_steps / length)


def _padded(values: Any, length: int) -> Any:
    """With as many zeros at its end as make it so long."""
    missing = length - len(values)
    return np.pad(values, [(0, missing)] + [(0, 0)] * (values.ndim - 1)) if missing else values


def _channels_first(value: Array) -> NDArray[np.float32]:
    x = np.array(value)
    return np.ascontiguousarray(np.moveaxis(x, 3, 1) if x.ndim == 4 else x)
