"""The losses of a recipe in torch: from the network's output [B,K] and labels [B] to a number."""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from imagette.recipe.losses import MSE, NLL, CrossEntropy

LossFunction = Callable[[Tensor, Tensor], Tensor]


def lower_loss(spec: Any) -> LossFunction:
    """The function (outputs, labels) -> scalar, reduced over the batch as the spec says."""
    return _LOWERINGS[type(spec)](spec)


def _cross_entropy(spec: CrossEntropy) -> LossFunction:
    return lambda logits, labels: F.cross_entropy(
        logits, labels, label_smoothing=spec.label_smoothing, reduction=spec.reduction
    )


def _mse(spec: MSE) -> LossFunction:
    def mse(outputs: Tensor, labels: Tensor) -> Tensor:
        targets = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        each = (outputs - targets).square().mean(1)
        return each.mean() if spec.reduction == "mean" else each.sum()

    return mse


def _nll(spec: NLL) -> LossFunction:
    return lambda outputs, labels: F.nll_loss(outputs, labels, reduction=spec.reduction)


_LOWERINGS: dict[type, Callable[[Any], LossFunction]] = {
    CrossEntropy: _cross_entropy,
    MSE: _mse,
    NLL: _nll,
}
