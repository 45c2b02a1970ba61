"""The losses of a recipe in torch: from the network's output [B,K] and labels [B] to a number."""

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from imagette.recipe.losses import MSE, NLL, CrossEntropy

LossFunction = Callable[[Tensor, Tensor], Tensor]
Reduction = Literal["mean", "sum", "none"]


def lower_loss(spec: Any, device: torch.device | str = "cpu") -> LossFunction:
    """The function (outputs, labels) -> scalar, reduced over the batch as the spec says."""
    lowering = _LOWERINGS[type(spec)]
    if spec.class_weights is None:
        return lowering(spec, spec.reduction)
    each = lowering(spec, "none")
    weights = torch.tensor(spec.class_weights, device=device)

    def weighted(outputs: Tensor, labels: Tensor) -> Tensor:
        # Not torch's own `weight`, which divides by the weights of the batch.
        losses = each(outputs, labels) * weights[labels]
        return losses.mean() if spec.reduction == "mean" else losses.sum()

    return weighted


def mixed(loss: LossFunction, own: Tensor, neighbours: Tensor) -> LossFunction:
    """The loss of images that hold this share of themselves, the rest of their neighbours.

    `neighbours` are the labels of those.
    """

    def both(outputs: Tensor, labels: Tensor) -> Tensor:
        return own * loss(outputs, labels) + (1 - own) * loss(outputs, neighbours)

    return both


def _cross_entropy(spec: CrossEntropy, reduction: Reduction) -> LossFunction:
    return lambda logits, labels: F.cross_entropy(
        logits, labels, label_smoothing=spec.label_smoothing, reduction=reduction
    )


def _mse(_spec: MSE, reduction: Reduction) -> LossFunction:
    def mse(outputs: Tensor, labels: Tensor) -> Tensor:
        targets = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        each = (outputs - targets).square().mean(1)
        if reduction == "none":
            return each
        return each.mean() if reduction == "mean" else each.sum()

    return mse


def _nll(_spec: NLL, reduction: Reduction) -> LossFunction:
    return lambda outputs, labels: F.nll_loss(outputs, labels, reduction=reduction)


_LOWERINGS: dict[type, Callable[[Any, Reduction], LossFunction]] = {
    CrossEntropy: _cross_entropy,
    MSE: _mse,
    NLL: _nll,
}
