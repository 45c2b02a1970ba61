"""What tensors and weights look like: shapes without the batch, and the bounds we hold them to."""

from dataclasses import dataclass
from math import prod

from imagette.network.errors import NetworkError

Shape = tuple[int, ...]
"""`(C, H, W)` or `(F,)`."""

MAX_ELEMENTS = 2**31
"""Of one tensor or weight: beyond it, a slip of the pen is likelier than a machine to match."""

MAX_SIDE = 65_536
"""Of a picture, kernel, stride, padding or dilation."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A named array of a node. `trainable` says whether the optimiser moves it."""

    name: str  # "conv1.weight"
    shape: Shape
    trainable: bool = True
    fill: float | None = None  # what every element is at first; None: drawn, or other code's own

    @property
    def size(self) -> int:
        return prod(self.shape)


def shape_text(shape: Shape) -> str:
    """The sizes joined by x.

    >>> shape_text((3, 32, 32)), shape_text((400,))
    ('3x32x32', '400')
    """
    return "x".join(map(str, shape))


def check_elements(what: str, shape: Shape, remedy: str) -> None:
    """Refuse a tensor or weight beyond `MAX_ELEMENTS`."""
    if prod(shape) > MAX_ELEMENTS:
        raise NetworkError(
            f"{what} {shape_text(shape)} would hold {prod(shape):,} numbers, "
            f"at most {MAX_ELEMENTS:,} are allowed; {remedy}"
        )
