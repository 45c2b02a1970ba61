"""Steps of torch's fused optimisers, without the Python that their `step` wraps around the kernel.

That was a seventh of a step of `lenet_cifar` at batch 4 (docs/log.md). The kernels, the tensors
and so the bits are the same, and state lies where torch keeps it, so that either may go on with
the other's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

Optimiser = torch.optim.Optimizer
Move = Callable[[], object]


def move_of(optimiser: Optimiser) -> Move:
    """A function that takes one step of `optimiser`, the fast way if there is one.

    The optimiser must be one that the recipe's lowering made: fused, and without hooks.
    """
    kernel = _KERNELS.get(type(optimiser))
    return optimiser.step if kernel is None else partial(_step, optimiser, *kernel)


def _step(
    optimiser: Optimiser,
    slots: Callable[[Any], tuple[str, ...]],
    kernel: Callable[..., None],
) -> None:
    """Torch's own step wherever a gradient or a slot is missing, as before the first."""
    ready = []
    for group in optimiser.param_groups:
        weights: list[Tensor] = group["params"]
        gradients = [weight.grad for weight in weights]
        states = [optimiser.state[weight] for weight in weights]
        kept = [[state.get(slot) for state in states] for slot in slots(group)]
        if any(value is None for values in (gradients, *kept) for value in values):
            optimiser.step()
            return
        ready.append((weights, gradients, kept, group))
    with torch.no_grad():
        for weights, gradients, kept, group in ready:
            kernel(weights, gradients, kept, group)


def _sgd_slots(group: Any) -> tuple[str, ...]:
    return ("momentum_buffer",) if group["momentum"] else ()


def _sgd(weights: list[Tensor], gradients: Any, kept: Any, group: Any) -> None:
    torch._fused_sgd_(
        weights,
        gradients,
        kept[0] if kept else [],
        weight_decay=group["weight_decay"],
        momentum=group["momentum"],
        lr=group["lr"],
        dampening=group["dampening"],
        nesterov=group["nesterov"],
        maximize=group["maximize"],
        is_first_step=False,
    )


def _adam_slots(_group: Any) -> tuple[str, ...]:
    return "exp_avg", "exp_avg_sq", "step"


def _adam(call: Any, weights: list[Tensor], gradients: Any, kept: Any, group: Any) -> None:
    means, squares, steps = kept
    torch._foreach_add_(steps, 1)
    beta1, beta2 = group["betas"]
    call(
        weights,
        gradients,
        means,
        squares,
        [],
        steps,
        amsgrad=False,
        lr=group["lr"],
        beta1=beta1,
        beta2=beta2,
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        maximize=group["maximize"],
    )


_KERNELS: dict[type, tuple[Callable[[Any], tuple[str, ...]], Callable[..., None]]] = {
    torch.optim.SGD: (_sgd_slots, _sgd),
    torch.optim.Adam: (_adam_slots, partial(_adam, torch._fused_adam_)),
    torch.optim.AdamW: (_adam_slots, partial(_adam, torch._fused_adamw_)),
}
