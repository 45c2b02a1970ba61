"""The kernel that whitens the patches of real images: how a first convolution may begin."""

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from imagette.errors import UsageError, nearest
from imagette.network.graph import Graph, Node
from imagette.network.layers import Conv
from imagette.recipe.initial import Whitening

_BLOCK = 256  # images at a time: patches are many times larger than the images


def whitened(
    graph: Graph, spec: Whitening, images: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """Kernel and bias of the layer that `spec` names, from normalised images [N,C,H,W].

    With the eigenvectors v_i of the patches' covariance and their eigenvalues l_i, largest first,
    the outputs are v_i / sqrt(l_i + epsilon), then the negatives of these; the bias is 0. Raises
    UsageError if the layer cannot hold them.
    """
    node, layer = whitened_layer(graph, spec)
    values, vectors = np.linalg.eigh(_covariance(images, layer))
    half = node.output_shape[0] // 2
    largest = slice(None, -half - 1, -1)  # eigh gives the smallest first
    rows = vectors.T[largest] / np.sqrt(values[largest].clip(0) + spec.epsilon)[:, None]
    # An eigenvector's sign is free, and libraries differ: its largest element is above 0 here.
    top = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], 1)
    rows = rows * np.sign(top)
    shapes = {weight.name: weight.shape for weight in node.weights}
    kernel = np.concatenate([rows, -rows]).astype(np.float32)
    found = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    name = f"{node.path}.weight"
    return {**found, name: kernel.reshape(shapes[name])}


def whitened_layer(graph: Graph, spec: Whitening) -> tuple[Node, Conv]:
    """The node that `spec` names; UsageError if there is none, or it cannot be a whitening."""
    nodes = {node.path: node for node in graph.nodes if isinstance(node.layer, Conv)}
    if spec.layer not in nodes:
        raise UsageError(
            f"recipe.whitening.layer: no convolution is called {spec.layer!r:.60}. "
            f"{nearest(spec.layer, nodes)}"
        )
    node = nodes[spec.layer]
    layer = node.layer
    assert isinstance(layer, Conv)
    if node.inputs != (0,) or layer.groups != 1:
        what = f"has groups={layer.groups}" if node.inputs == (0,) else "comes after other layers"
        raise UsageError(
            f"recipe.whitening.layer must be a convolution of the pictures themselves, without "
            f"groups. Got {node.path}, which {what}."
        )
    if any(k > side for k, side in zip(layer.window.span, graph.input_shape[1:], strict=True)):
        raise UsageError(
            f"recipe.whitening.layer: the kernel of {node.path} is larger than a picture, so "
            "there are no patches; take a smaller kernel."
        )
    channels, most = node.output_shape[0], 2 * graph.input_shape[0] * prod(layer.kernel)
    if channels % 2 or channels > most:
        raise UsageError(
            f"recipe.whitening: {node.path} must have {most} channels, one for each direction of "
            f"its patches and one for its negative, or fewer and even. Got {channels}."
        )
    return node, layer


def _covariance(images: NDArray[np.float32], layer: Conv) -> NDArray[np.float64]:
    """Of the patches that the kernel sees where it stands on pixels alone, whatever its stride."""
    size = images.shape[1] * prod(layer.kernel)
    total, products, count = np.zeros(size), np.zeros((size, size)), 0
    for patches in _patches(images, layer):
        total += patches.sum(0)
        products += patches.T @ patches
        count += len(patches)
    mean = total / count
    covariance: NDArray[np.float64] = products / count - np.outer(mean, mean)
    return covariance


def _patches(images: NDArray[np.float32], layer: Conv) -> Iterator[NDArray[np.float64]]:
    """[number, C * kh * kw], some images at a time, each patch in the order of a kernel."""
    down, across = layer.dilation
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK]
        windows = sliding_window_view(block, layer.window.span, axis=(2, 3))
        taps = windows[..., ::down, ::across].transpose(0, 2, 3, 1, 4, 5)
        yield taps.reshape(-1, prod(taps.shape[3:])).astype(np.float64)
