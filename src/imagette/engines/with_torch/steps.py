"""The optimisers of one training, as one: rates set from the plan, state by weight name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagette.engines.protocol import OPTIMISER_PREFIX
from imagette.engines.with_torch.fused import Move, Optimiser, move_of
from imagette.errors import UsageError

Named = Mapping[str, Tensor]


@dataclass(frozen=True)
class Steps:
    """Optimisers, and for each of their parameter groups its column of the plan's rates.

    Each rate is multiplied by the group's scale. `moves` take a step of each optimiser.
    """

    optimisers: tuple[Optimiser, ...]
    columns: tuple[int, ...]
    scales: tuple[float, ...]
    moves: tuple[Move, ...]

    @classmethod
    def absolute(cls, optimisers: Sequence[Optimiser], columns: Sequence[int]) -> "Steps":
        """For the optimisers of a recipe: the plan's rates are the rates."""
        moves = tuple(map(move_of, optimisers))
        return cls(tuple(optimisers), tuple(columns), (1.0,) * len(columns), moves)

    @classmethod
    def relative(cls, made: object, what: str, trainable: Named) -> "Steps":
        """For optimisers of one's own: the plan's rate multiplies each group's own.

        Raises UsageError, naming `what`, unless `made` is an optimiser, or a list of them, that
        move each trainable tensor once and nothing else.
        """
        optimisers = tuple(made) if isinstance(made, list | tuple) else (made,)
        for optimiser in optimisers:
            if not isinstance(optimiser, Optimiser):
                raise UsageError(
                    f"{what} must give a torch optimiser, or a list of them. "
                    f"Got a {type(optimiser).__name__}."
                )
        groups = [group for optimiser in optimisers for group in optimiser.param_groups]
        _check_moved([tensor for group in groups for tensor in group["params"]], what, trainable)
        scales = tuple(float(group["lr"]) for group in groups)
        moves = tuple(optimiser.step for optimiser in optimisers)
        return cls(optimisers, (0,) * len(scales), scales, moves)

    def set_rates(self, rates: Sequence[float]) -> None:
        groups = (group for optimiser in self.optimisers for group in optimiser.param_groups)
        for group, column, scale in zip(groups, self.columns, self.scales, strict=True):
            group["lr"] = rates[column] * scale

    def step(self) -> None:
        for move in self.moves:
            move()

    def save(self, trainable: Named) -> dict[str, NDArray[np.float32]]:
        """Copies of all slots, as `opt.<slot>.<weight>`."""
        saved = {}
        for name, tensor in trainable.items():
            for slot, value in self._state(tensor).items():
                if value is not None:
                    saved[f"{OPTIMISER_PREFIX}{slot}.{name}"] = _slot_array(slot, value)
        return saved

    def restore(self, arrays: Mapping[str, NDArray[np.float32]], trainable: Named) -> None:
        """Puts back what `save` gave, and nothing else: an optimiser without slots is fresh."""
        for optimiser in self.optimisers:
            optimiser.state.clear()
        for key, value in arrays.items():
            if key.startswith(OPTIMISER_PREFIX):
                slot, _, name = key.removeprefix(OPTIMISER_PREFIX).partition(".")
                tensor = trainable[name]
                self._owner(tensor).state[tensor][slot] = _slot_tensor(value, tensor)

    def _state(self, tensor: Tensor) -> Mapping[str, Any]:
        slots: Mapping[str, Any] = self._owner(tensor).state.get(tensor, {})
        return slots

    def _owner(self, tensor: Tensor) -> Optimiser:
        """The optimiser that moves the tensor; the first if none does: it holds nothing of it."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                if any(tensor is own for own in group["params"]):
                    return optimiser
        return self.optimisers[0]


def _check_moved(moved: list[Tensor], what: str, trainable: Named) -> None:
    times = Counter(id(tensor) for tensor in moved)
    if not set(times) <= {id(tensor) for tensor in trainable.values()}:
        raise UsageError(
            f"{what} moves tensors that are not trainable parameters of the network: make it from "
            "the network's own parameters."
        )
    left_out = [name for name, tensor in trainable.items() if not times[id(tensor)]]
    if left_out:
        raise UsageError(
            f"{what} moves not {', '.join(left_out)}: give them to an optimiser, or freeze them "
            "with requires_grad_(False)."
        )
    twice = [name for name, tensor in trainable.items() if times[id(tensor)] > 1]
    if twice:
        raise UsageError(f"{what} moves {', '.join(twice)} twice: in one group alone, please.")


def _slot_array(slot: str, value: object) -> NDArray[np.float32]:
    if isinstance(value, Tensor):
        return np.array(value.detach().cpu().numpy(), np.float32, order="C")
    if isinstance(value, bool | int | float):
        return np.array(value, np.float32)
    raise UsageError(
        f"The optimiser keeps a {type(value).__name__} as '{slot}', which cannot be saved: "
        "a state must be made of tensors and numbers."
    )


def _slot_tensor(value: NDArray[np.float32], like: Tensor) -> Tensor:
    """In the memory layout of its weight; a count stays on the processor, as torch has it."""
    tensor = torch.from_numpy(np.array(value))
    if tensor.shape == like.shape and tensor.dim():
        return torch.empty_like(like).copy_(tensor)
    return tensor


def named_tensors(trainable: Named) -> Iterable[tuple[str, Tensor]]:
    """What an optimiser of one's own is made from."""
    return list(trainable.items())
