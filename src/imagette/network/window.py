"""The window that a convolution or a pooling slides over a picture."""

from dataclasses import dataclass
from math import prod

from imagette.network.errors import NetworkError

Pair = tuple[int, int]
"""(vertical, horizontal)."""

Margins = tuple[int, int, int, int]
"""Rows and columns of padding: (top, bottom, left, right)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Kernel, stride, padding and dilation along both sides of a picture.

    Along one side of n pixels, a kernel of k taps d apart spans d * (k - 1) + 1 pixels, and stands
    at (before + n + after - span) // stride + 1 places.

    >>> Window((3, 3), stride=(2, 2), margins=(1, 1, 1, 1)).places(32, 32)
    (16, 16)
    """

    kernel: Pair
    stride: Pair = (1, 1)
    margins: Margins = (0, 0, 0, 0)
    dilation: Pair = (1, 1)

    @property
    def taps(self) -> int:
        return prod(self.kernel)

    @property
    def span(self) -> Pair:
        """Pixels from the first tap to the last."""
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        return dh * (kh - 1) + 1, dw * (kw - 1) + 1

    def padded(self, height: int, width: int) -> Pair:
        top, bottom, left, right = self.margins
        return top + height + bottom, left + width + right

    def places(self, height: int, width: int) -> Pair:
        """The output's height and width; raises NetworkError if the kernel does not fit."""
        (ph, pw), (sh, sw) = self.padded(height, width), self.span
        if sh > ph or sw > pw:
            dilated = f" spans {sh}x{sw} and" if self.dilation != (1, 1) else ""
            padded = f", {ph}x{pw} with padding" if any(self.margins) else ""
            raise NetworkError(
                f"the {self.kernel[0]}x{self.kernel[1]} kernel{dilated} is larger than its input, "
                f"{height}x{width}{padded}; "
                f"take a smaller kernel, pad it, or drop a stride or pooling before it"
            )
        return (ph - sh) // self.stride[0] + 1, (pw - sw) // self.stride[1] + 1

    def taps_inside(self, height: int, width: int) -> tuple[int, int]:
        """Over all places: the taps that fall on the picture itself, and the places with any."""
        rows, columns = self.places(height, width)
        vertical = self._inside_each(0, height, rows, self.margins[0])
        horizontal = self._inside_each(1, width, columns, self.margins[2])
        # A tap is inside when its row and its column are, so both figures factorise.
        places = sum(map(bool, vertical)) * sum(map(bool, horizontal))
        return sum(vertical) * sum(horizontal), places

    def _inside_each(self, axis: int, size: int, places: int, before: int) -> list[int]:
        """At each place along one side, the number of taps u with 0 <= start + u * d < size."""
        taps, step, apart = self.kernel[axis], self.stride[axis], self.dilation[axis]
        inside = []
        for start in range(-before, -before + places * step, step):
            first = max(0, -(start // apart))
            last = min(taps - 1, (size - 1 - start) // apart)
            inside.append(max(0, last - first + 1))
        return inside
