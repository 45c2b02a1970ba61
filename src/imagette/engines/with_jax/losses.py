"""The losses of a recipe in JAX: from the network's output [B,K] and labels [B] to a number."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from imagette.recipe.losses import MSE, NLL, CrossEntropy

LossFunction = Callable[[Array, Array], Array]


def lower_loss(spec: Any) -> LossFunction:
    """The function (outputs, labels) -> scalar, reduced over the batch as the spec says."""
    each = _LOWERINGS[type(spec)](spec)
    if spec.class_weights is not None:
        each = _class_weighted(each, spec.class_weights)
    reduce = jnp.mean if spec.reduction == "mean" else jnp.sum
    return lambda outputs, labels: reduce(each(outputs, labels))


def _class_weighted(each: LossFunction, class_weights: tuple[float, ...]) -> LossFunction:
    def weighted(outputs: Array, labels: Array) -> Array:
        weights = jnp.asarray(class_weights, outputs.dtype)
        return each(outputs, labels) * _of_label(weights[None], labels)

    return weighted


def mixed(loss: LossFunction, own: Array, neighbours: Array) -> LossFunction:
    """The loss of images that hold this share of themselves, the rest of their neighbours.

    `neighbours` are the labels of those.
    """

    def both(outputs: Array, labels: Array) -> Array:
        return own * loss(outputs, labels) + (1 - own) * loss(outputs, neighbours)

    return both


def _cross_entropy(spec: CrossEntropy) -> LossFunction:
    smoothing = spec.label_smoothing

    def cross_entropy(logits: Array, labels: Array) -> Array:
        log_probabilities = jax.nn.log_softmax(logits)
        loss = -_of_label(log_probabilities, labels)
        if smoothing:
            loss = (1 - smoothing) * loss - smoothing * log_probabilities.mean(1)
        return loss

    return cross_entropy


def _mse(_spec: MSE) -> LossFunction:
    def mse(outputs: Array, labels: Array) -> Array:
        targets = jax.nn.one_hot(labels, outputs.shape[1], dtype=outputs.dtype)
        return jnp.square(outputs - targets).mean(1)

    return mse


def _nll(_spec: NLL) -> LossFunction:
    return lambda outputs, labels: -_of_label(outputs, labels)


def _of_label(values: Array, labels: Array) -> Array:
    """The value of each image's own class; a sum over the classes beats a gather on a processor."""
    return (values * jax.nn.one_hot(labels, values.shape[1], dtype=values.dtype)).sum(1)


_LOWERINGS: dict[type, Callable[[Any], LossFunction]] = {
    CrossEntropy: _cross_entropy,
    MSE: _mse,
    NLL: _nll,
}
