"""Where in a picture a layer is active: one mask a picture, from all its channels."""

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.float32]
"""[N,H,W], 0 to 1."""


def activation_masks(activations: NDArray[np.float32]) -> Masks:
    """max(., 0) of activations [N,C,H,W], summed over channels, divided by the picture's maximum.

    A picture in which nothing is positive has a mask of zeros.

    >>> activation_masks(np.array([[[[1, -3]], [[1, 1]]], [[[-1, 0]], [[0, -2]]]], np.float32))
    array([[[1. , 0.5]],
    <BLANKLINE>
           [[0. , 0. ]]], dtype=float32)
    """
    sums = np.maximum(activations, 0).sum(axis=1)
    return _scaled(sums)


def saliency_masks(gradients: NDArray[np.float32]) -> Masks:
    """The largest |gradient| [N,C,H,W] of a pixel's channels, divided by the picture's maximum.

    Source: Simonyan et al., https://arxiv.org/abs/1312.6034

    >>> saliency_masks(np.array([[[[1, -3]], [[2, 1]]]], np.float32)).round(2).tolist()
    [[[0.67..., 1.0]]]
    """
    return _scaled(np.abs(gradients).max(axis=1))


def _scaled(maps: Masks) -> Masks:
    highest = maps.max(axis=(1, 2), keepdims=True)
    scaled: Masks = np.divide(maps, highest, out=np.zeros_like(maps), where=highest > 0)
    return scaled
