"""The network at every size that a recipe trains on: the same weights, or a refusal."""

from collections.abc import Callable, Sequence

from imagette.arrays import Size
from imagette.errors import UsageError
from imagette.network.graph import Graph
from imagette.network.tensors import Shape
from imagette.recipe.sizes import Sizes

LARGEST = 4  # times the pictures' own side


def sized_graphs(
    sizes: Sizes | None, full: Graph, at: Callable[[Shape], Graph]
) -> dict[Size, Graph]:
    """The graph at each of the sizes, none without; `at` makes it for an input shape [C,H,W].

    Raises UsageError for a size that is too large, or at which the network cannot be or would have
    other weights than `full`.
    """
    return {size: _sized(size, full, at) for size in (sizes.sizes if sizes else ())}


def _sized(size: Size, full: Graph, at: Callable[[Shape], Graph]) -> Graph:
    channels, *sides = full.input_shape
    if any(new > LARGEST * side for new, side in zip(size, sides, strict=True)):
        raise UsageError(
            f"recipe.sizes: a side must be at most {LARGEST} times that of the pictures, "
            f"{_text(sides)} (height x width). Got {_text(size)}."
        )
    try:
        found = at((channels, *size))
    except UsageError as error:
        raise UsageError(f"recipe.sizes: at {_text(size)} the network cannot be: {error}") from None
    _check_same_weights(found, full, size)
    return found


def _check_same_weights(found: Graph, full: Graph, size: Size) -> None:
    shapes = {weight.name: weight.shape for weight in found.weights}
    for weight in full.weights:
        if (shape := shapes.get(weight.name, ())) != weight.shape:
            layer = weight.name.rpartition(".")[0]
            raise UsageError(
                f"recipe.sizes: {layer} would have weights {list(shape)} at {_text(size)}, but has "
                f"{list(weight.shape)} at {_text(full.input_shape[1:])}: put mean (or another "
                "global pooling) before it in place of flatten, or leave recipe.sizes out."
            )


def _text(size: Sequence[int]) -> str:
    return " x ".join(map(str, size))
