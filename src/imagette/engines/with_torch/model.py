"""A network on torch: eager, functional, with its weights as a flat dict of leaf tensors."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.amp.autocast_mode import autocast

from imagette.arrays import Images, Labels, Logits, Size, Weights
from imagette.data.preprocess import Preprocess
from imagette.data.streamed import AnyImages
from imagette.engines.parts import parts_of
from imagette.engines.protocol import (
    MOVING_PREFIX,
    EngineSpec,
    NodeSeconds,
    StepPlan,
    moving_of,
    weights_of,
)
from imagette.engines.with_torch.augment import lower_augmentation
from imagette.engines.with_torch.averages import take
from imagette.engines.with_torch.device import choose_device, working
from imagette.engines.with_torch.forward import Forward
from imagette.engines.with_torch.losses import LossFunction, lower_loss, mixed
from imagette.engines.with_torch.memory import keep_memory
from imagette.engines.with_torch.module import ModuleForward
from imagette.engines.with_torch.optimisers import lowered_steps
from imagette.engines.with_torch.own import Own
from imagette.engines.with_torch.profile import Stopwatch
from imagette.engines.with_torch.resize import resized
from imagette.engines.with_torch.steps import Steps
from imagette.machine import threads_for
from imagette.network.graph import Graph
from imagette.recipe.groups import assign
from imagette.recipe.recipe import Recipe


@dataclass(frozen=True)
class TorchState:
    """Tensors that `advance` changes in place, by weight name, and the optimiser over them."""

    weights: dict[str, Tensor]
    trainable: dict[str, Tensor]
    steps: Steps
    averages: dict[str, Tensor] | None  # as the weights; None where the recipe has none


class TorchModel:
    """Implements `imagette.engines.protocol.Model`."""

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe,
        preprocess: Preprocess,
        engine: EngineSpec,
        own: Own | None = None,
    ) -> None:
        keep_memory()
        self._own = own = own or Own()
        place = choose_device(engine.device)
        self.threads = engine.num_threads or threads_for(recipe.batch)
        self.shards = 1
        kind = f"{self.threads} thread{'s' if self.threads > 1 else ''}, {engine.precision}"
        self.device = f"torch {torch.__version__} on {place.words}, {kind}"
        self.notes = place.notes
        self._recipe = recipe
        self._is_bfloat16 = engine.precision == "bfloat16"
        self._size = (graph.input_shape[1], graph.input_shape[2])
        self._device = place.device
        self._forward = ModuleForward(own.module) if own.module else Forward(graph)
        self._assigned = {} if own.make_steps else assign(recipe.optimiser, recipe.groups, graph)
        self._loss = own.loss or lower_loss(recipe.loss, place.device)
        self._augmentations = [
            (f"{i}.{spec.name}", lower_augmentation(spec)) for i, spec in enumerate(recipe.augment)
        ]
        self._scale, self._offset = map(self._tensor, preprocess.factors)

    def place(self, images: Images | None, labels: Labels) -> None:
        if images is not None:
            self._images = torch.from_numpy(np.array(images)).to(self._device)
        self._labels = torch.from_numpy(np.array(labels, np.int64)).to(self._device)

    def start(self, weights: Weights) -> TorchState:
        return self._started(weights, weights)

    def _started(self, weights: Weights, averages: Weights) -> TorchState:
        tensors = self._forward.tensors(weights, self._device)
        trainable = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
        if self._own.make_steps:
            steps = self._own.make_steps(trainable)
        else:
            steps = lowered_steps(self._assigned, trainable)
        rule = self._recipe.averaging
        averaged = self._forward.frozen(averages, self._device) if rule else None
        return TorchState(tensors, trainable, steps, averaged)

    def advance(
        self,
        state: TorchState,
        plan: StepPlan,
        images: NDArray[np.uint8 | np.float32] | None = None,
    ) -> tuple[TorchState, NDArray[np.float32], NDArray[np.int32]]:
        # A module's random functions draw from torch's own generator, which is the user's too.
        apart = torch.random.fork_rng(enabled=self._own.module is not None)
        # Entered once here, not at each step, which costs 2 % of a small one. Not around another
        # autocast: it would keep the first step's weights in its cache.
        shielded = (
            nullcontext() if self._is_bfloat16 else autocast(self._device.type, enabled=False)
        )
        with working(self.threads), apart, shielded:
            losses, correct = self._steps(state, plan, images)
        return state, losses, correct

    def _steps(
        self, state: TorchState, plan: StepPlan, streamed: NDArray[np.uint8 | np.float32] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        indices = torch.from_numpy(plan.indices).to(self._device)
        draws = {k: torch.from_numpy(v).to(self._device) for k, v in plan.draws.items()}
        keys = {
            path: torch.from_numpy(value.view(np.int32)).to(self._device)
            for path, value in plan.dropout.items()
        }
        losses = torch.empty(plan.num_steps, device=self._device)
        correct = torch.empty(plan.num_steps, dtype=torch.int32, device=self._device)
        for i, rates in enumerate(plan.rates.tolist()):
            state.steps.set_rates(rates)
            labels = self._labels[indices[i]]
            if streamed is None:
                pixels = self._images[indices[i]]
            else:
                pixels = torch.from_numpy(streamed[i]).to(self._device)
            images = self._augmented(pixels, draws, i, plan.input_size)
            step_keys = {path: value[i] for path, value in keys.items()}
            loss_at = partial(self._loss_at, draws, i, labels)
            outputs, loss = self._step(state, images, labels, step_keys, loss_at)
            self._average(state, float(plan.averaging[i]))
            losses[i] = loss.detach()
            correct[i] = (outputs.detach().argmax(1) == labels).sum()
        mean = 1 if self._recipe.loss.reduction == "mean" else 1 / plan.indices.shape[1]
        return (losses * mean).cpu().numpy(), correct.cpu().numpy()

    def _step(
        self,
        state: TorchState,
        images: Tensor,
        labels: Tensor,
        keys: Mapping[str, Tensor],
        loss_at: Callable[[slice], LossFunction],
    ) -> tuple[Tensor, Tensor]:
        """Outputs and loss of a batch, and the step that they lead to."""
        half = self._is_bfloat16

        def network(inputs: Tensor, first: int = 0) -> Tensor:
            with autocast(self._device.type, torch.bfloat16) if half else nullcontext():
                outputs = self._forward.train(inputs, state.weights, keys, first)
            return outputs.to(torch.float32)

        if self._own.update:
            whole = loss_at(slice(None))
            return self._own.update(network, state.steps.optimisers, images, labels, whole)
        for weight in state.trainable.values():
            weight.grad = None
        outputs, losses = [], []
        for part in parts_of(len(images), self._recipe.accumulate):
            output = network(images[part], part.start)
            loss = loss_at(part)(output, labels[part])
            if len(output) < len(images) and self._recipe.loss.reduction == "mean":
                loss = loss * (len(output) / len(images))
            torch.autograd.backward(loss)
            outputs.append(output.detach())
            losses.append(loss.detach())
        if self._recipe.clip is not None:
            torch.nn.utils.clip_grad_norm_(state.trainable.values(), self._recipe.clip)
        state.steps.step()
        whole_output = outputs[0] if len(outputs) == 1 else torch.cat(outputs)
        return whole_output, sum(losses[1:], losses[0])

    def _average(self, state: TorchState, share: float) -> None:
        if self._recipe.averaging and state.averages:
            take(state.averages, state.weights, share, self._recipe.averaging.syncs)

    def predict(self, weights: Weights, images: AnyImages, batch: int) -> Logits:
        tensors = self._forward.frozen(weights, self._device)
        with torch.inference_mode(), working(self.threads):
            parts = [
                self._forward.evaluate(self._ready(images[i : i + batch]), tensors)
                for i in range(0, len(images), batch)
            ]
            return torch.cat(parts).cpu().numpy()

    def activations(
        self, weights: Weights, images: Images, paths: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        # Under inference_mode torch calls other functions, so that paths would differ from trace.
        with torch.no_grad(), working(self.threads):
            tensors = self._forward.frozen(weights, self._device)
            found = self._forward.activations(self._ready(images), tensors, paths)
        return {path: np.ascontiguousarray(x.cpu().numpy()) for path, x in found.items()}

    def pixel_gradients(
        self, weights: Weights, images: Images, labels: Labels
    ) -> NDArray[np.float32]:
        with working(self.threads), torch.enable_grad():
            pixels = torch.from_numpy(np.array(images, np.float32)).to(self._device)
            pixels.requires_grad_()
            outputs = self._forward.evaluate(
                self._normalised(pixels), self._forward.frozen(weights, self._device)
            )
            chosen = torch.from_numpy(np.array(labels, np.int64)).to(self._device)
            logits = outputs.gather(1, chosen[:, None]).sum()
            (gradients,) = torch.autograd.grad(logits, pixels)
        return _array(gradients.permute(0, 3, 1, 2))

    def node_seconds(self, state: TorchState, plan: StepPlan) -> NodeSeconds | None:
        if not isinstance(self._forward, Forward) or self._device.type != "cpu":
            return None
        plain, watch = self._forward, Stopwatch()
        self._forward = plain.changed(watch.around)
        try:
            self.advance(state, plan)
        finally:
            self._forward = plain
        return {path: (watch.forward[path], watch.backward[path]) for path in watch.forward}

    def save(self, state: TorchState) -> dict[str, NDArray[np.float32]]:
        arrays = {name: _array(tensor) for name, tensor in state.weights.items()}
        if state.averages:
            moving = {f"{MOVING_PREFIX}{name}": value for name, value in arrays.items()}
            arrays = {name: _array(tensor) for name, tensor in state.averages.items()} | moving
        return arrays | state.steps.save(state.trainable)

    def restore(self, arrays: Weights) -> TorchState:
        state = self._started(moving_of(arrays), weights_of(arrays))
        state.steps.restore(arrays, state.trainable)
        return state

    def _augmented(
        self, images_BHWC: Tensor, draws: Mapping[str, Tensor], step: int, size: Size | None
    ) -> Tensor:
        for name, apply in self._augmentations:
            images_BHWC = apply(images_BHWC, draws[name][step])
        return self._normalised(images_BHWC if size is None else resized(images_BHWC, size))

    def _loss_at(
        self, draws: Mapping[str, Tensor], step: int, labels: Tensor, part: slice
    ) -> LossFunction:
        """The loss of a part of a step's batch."""
        mixing = self._recipe.mixing
        if mixing is None:
            return self._loss
        name, spec = mixing
        return mixed(
            self._loss, spec.own_share(draws[name][step], self._size), labels.roll(1)[part]
        )

    def _normalised(self, images_BHWC: Tensor) -> Tensor:
        """Float images [B,C,H,W] whose memory lies as NHWC, which convolutions like best."""
        return torch.addcmul(self._offset, images_BHWC.to(torch.float32), self._scale).permute(
            0, 3, 1, 2
        )

    def _ready(self, images: Images | NDArray[np.float32]) -> Tensor:
        return self._normalised(torch.from_numpy(np.array(images)).to(self._device))

    def _tensor(self, value: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.array(value, np.float32)).to(self._device)


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.array(tensor.detach().cpu().numpy(), np.float32, order="C")
