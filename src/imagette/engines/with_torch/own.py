"""What a user may bring to the torch engine: a module, optimisers, a loss, a whole step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imagette.arrays import Labels, Logits
from imagette.engines.own import OwnParts, Part
from imagette.engines.with_torch.module import check_round_trip, values_of
from imagette.engines.with_torch.steps import Named, Steps, named_tensors
from imagette.engines.with_torch.trace import trace
from imagette.errors import UsageError
from imagette.evaluate.losses import Loss, Losses
from imagette.network.graph import Graph, Shape
from imagette.pointers import told_in_one_line

Update = Callable[..., tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Own:
    """Live objects, as `imagette.engines.own.Own`; what is None comes from graph and recipe."""

    module: nn.Module | None = None
    make_steps: Callable[[Named], Steps] | None = None
    loss: Callable[[Tensor, Tensor], Tensor] | None = None
    update: Update | None = None

    @property
    def has_network(self) -> bool:
        return self.module is not None

    def graph(self, input_shape: Shape, classes: int) -> Graph:
        assert self.module is not None
        check_round_trip(self.module, input_shape)
        return trace(self.module, input_shape, classes)

    def first_values(self) -> dict[str, NDArray[np.float32]]:
        assert self.module is not None
        return values_of(self.module)

    def loss_in_numpy(self) -> Loss | None:
        return None if self.loss is None else _loss_in_numpy(self.loss)

    def live(self) -> dict[str, NDArray[np.float32]]:
        """The values of a live module and of its optimisers, as they stand: a training's start."""
        assert self.module is not None
        assert self.make_steps is not None
        trainable = trainable_of(self.module)
        return values_of(self.module) | self.make_steps(trainable).save(trainable)


def own_of(parts: OwnParts) -> Own:
    """The parts that an experiment names, made and checked. Raises UsageError, naming the part."""
    network, loss, update = parts.network, parts.loss, parts.update
    return Own(
        module=seeded_module(network.function, parts.seed, network.name) if network else None,
        make_steps=_steps_maker(parts.optimiser) if parts.optimiser else None,
        loss=own_loss(loss.function, loss.name) if loss else None,
        update=own_update(update.function, update.name) if update else None,
    )


def _steps_maker(optimiser: Part) -> Callable[[Named], Steps]:
    def make(trainable: Named) -> Steps:
        made = optimiser.function(named_tensors(trainable))
        return Steps.relative(made, optimiser.name, trainable)

    return make


def live_own(model: object, optimiser: object, loss: Callable[..., Any] | None) -> Own:
    """Objects that exist already. Raises UsageError if the optimiser is not one of the module's."""
    if not isinstance(model, nn.Module):
        raise UsageError(f"fit takes a torch.nn.Module. Got a {type(model).__name__}.")
    steps = Steps.relative(optimiser, "the optimiser", trainable_of(model))
    function = None if loss is None else own_loss(loss, "loss")
    return Own(module=model, make_steps=lambda _trainable: steps, loss=function)


def trainable_of(module: nn.Module) -> dict[str, Tensor]:
    return {name: t for name, t in module.named_parameters() if t.requires_grad}


def seeded_module(make: Callable[[], object], seed: int, what: str) -> nn.Module:
    """The module that `make` returns when torch's generator begins at `seed`; float32."""
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    try:
        made = make()
    finally:
        torch.set_rng_state(state)
    if not isinstance(made, nn.Module):
        raise UsageError(f"{what} must return a torch.nn.Module. Got a {type(made).__name__}.")
    return made.float()


def own_loss(function: Callable[..., Any], what: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The function as the engine calls it: a scalar, the mean of what came back."""

    def loss(outputs: Tensor, labels: Tensor) -> Tensor:
        with told_in_one_line(f"{what} raised"):
            value = function(outputs, labels)
        if not isinstance(value, Tensor) or value.dim() > 1:
            got = (
                f"shape {list(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            )
            raise UsageError(f"{what} must return one number, or one an image. Got {got}.")
        return value.mean()

    return loss


def own_update(function: Callable[..., Any], what: str) -> Update:
    """The function as the engine calls it: what comes back are outputs and a loss."""

    def update(*given: Any) -> tuple[Tensor, Tensor]:
        with told_in_one_line(f"{what} raised"):
            returned = function(*given)
        if isinstance(returned, tuple) and len(returned) == 2:
            outputs, loss = returned
            if isinstance(outputs, Tensor) and isinstance(loss, Tensor):
                return outputs, loss
        got = type(returned).__name__
        raise UsageError(f"{what} must return (outputs, loss), two tensors. Got a {got}.")

    return update


def _loss_in_numpy(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Logits, Labels], Losses]:
    """The same loss for evaluation: from stored logits to an array whose mean it is."""

    def losses(logits: Logits, labels: Labels) -> Losses:
        with torch.no_grad():
            value = loss(torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64)))
        return np.array([value.item()])

    return losses
