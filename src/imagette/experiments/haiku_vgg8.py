"""vgg8 in Haiku, as source 000 has it: three blocks of two convolutions, then two linear layers.

Batch norm comes after ReLU, and dropout grows from block to block or is left out.
"""

import haiku as hk
import jax
from jax import Array

WIDTHS = (32, 64, 128)
INCREASING = (0.2, 0.3, 0.4, 0.5)  # of dropout: after each block, and after the first linear layer
NONE = (0.0, 0.0, 0.0, 0.0)


class VGG8(hk.Module):
    """Images [B,32,32,3] to logits [B,classes]."""

    def __init__(self, dropout: tuple[float, ...], classes: int) -> None:
        super().__init__("vgg8")
        self.dropout, self.classes = dropout, classes

    def __call__(self, x: Array, is_training: bool) -> Array:
        for width, rate in zip(WIDTHS, self.dropout[:3], strict=True):
            for _ in range(2):
                x = jax.nn.relu(hk.Conv2D(width, kernel_shape=3, padding="SAME")(x))
                x = batch_norm()(x, is_training)
            x = hk.max_pool(x, window_shape=2, strides=2, padding="VALID")
            x = dropped(x, rate, is_training)
        x = jax.nn.relu(hk.Linear(128)(hk.Flatten()(x)))
        x = batch_norm()(x, is_training)
        x = dropped(x, self.dropout[3], is_training)
        return hk.Linear(self.classes)(x)


def batch_norm() -> hk.BatchNorm:
    return hk.BatchNorm(create_scale=True, create_offset=True, decay_rate=0.9)


def dropped(x: Array, rate: float, is_training: bool) -> Array:
    return hk.dropout(hk.next_rng_key(), rate, x) if rate and is_training else x


def vgg8(dropout: bool = True, classes: int = 10) -> hk.TransformedWithState:
    """What Haiku makes of the network: a pair of pure functions, init and apply, with state."""

    def network(images: Array, is_training: bool) -> Array:
        return VGG8(INCREASING if dropout else NONE, classes)(images, is_training)

    return hk.transform_with_state(network)
