"""The networks as a user of Keras writes them; `KERAS_BACKEND` says what they run on.

A stride of two pads at the far side alone, as `padding="same"` does in Keras: the same arithmetic
as both sides alike, and what a user of Keras would write.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import keras
from keras import layers

from .case import Layout

Tensor = Any


def _norm() -> Any:
    axis = 1 if keras.config.image_data_format() == "channels_first" else -1
    return layers.BatchNormalization(axis=axis, momentum=0.9, epsilon=1e-5)


def lenet_cifar(x: Tensor) -> Tensor:
    return _two_and_two(x, (6, 16), (120, 84))


def convnet_cifar(x: Tensor) -> Tensor:
    return _two_and_two(x, (8, 16), (128, 128))


def _two_and_two(x: Tensor, convolutions: tuple[int, int], linears: tuple[int, int]) -> Tensor:
    for channels in convolutions:
        x = layers.Conv2D(channels, 5, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for features in linears:
        x = layers.Dense(features, activation="relu")(x)
    return layers.Dense(10)(x)


def vgg8(x: Tensor) -> Tensor:
    for width in (32, 64, 128):
        for _ in range(2):
            x = _norm()(layers.Conv2D(width, 3, padding="same", activation="relu")(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.Dense(10)(x)


def resnet20(x: Tensor) -> Tensor:
    x = layers.ReLU()(_norm()(_conv(16, 3, 1)(x)))
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        x = _block(_block(_block(x, width, stride), width, 1), width, 1)
    return layers.Dense(10)(layers.GlobalAveragePooling2D()(x))


def _conv(width: int, kernel: int, stride: int) -> Any:
    return layers.Conv2D(width, kernel, stride, padding="same", use_bias=False)


def _block(x: Tensor, width: int, stride: int) -> Tensor:
    y = layers.ReLU()(_norm()(_conv(width, 3, stride)(x)))
    y = _norm()(_conv(width, 3, 1)(y))
    if stride > 1:
        x = _norm()(_conv(width, 1, stride)(x))
    return layers.ReLU()(layers.add([y, x]))


NETWORKS: dict[str, Callable[[Tensor], Tensor]] = {
    "lenet_cifar": lenet_cifar,
    "convnet_cifar": convnet_cifar,
    "vgg8": vgg8,
    "resnet20": resnet20,
}


def make(name: str, layout: Layout) -> Any:
    """A model of images in that layout: [B,32,32,3] or [B,3,32,32]."""
    keras.utils.set_random_seed(0)
    first = layout == "NCHW"
    keras.config.set_image_data_format("channels_first" if first else "channels_last")
    images = keras.Input((3, 32, 32) if first else (32, 32, 3))
    return keras.Model(images, NETWORKS[name](images))


def num_parameters(model: Any) -> int:
    """Those that are trained; the running statistics of norms are none."""
    return sum(prod(weight.shape) for weight in model.trainable_weights)
