"""Pictures that grow while training goes on: cheap small ones first, the full size at the end."""

from bisect import bisect_right
from itertools import accumulate
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from imagette.arrays import Size
from imagette.recipe.shares import check_shares
from imagette.spec import Spec

Side = Annotated[int, Field(ge=1)]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Sizes(Spec):
    """Trains on pictures of `sides[j]` during the share `shares[j]` of the training.

    A side is both height and width, or [height, width]. An epoch has one size, that of its first
    step; evaluation is always at full size. The network must have the same weights at every size:
    one that ends in `mean` has, one that flattens into a `linear` has not.
    Source: Howard, 2018, DAWNBench (https://www.fast.ai/posts/2018-04-30-dawnbench-fastai.html).

    >>> growing = Sizes(sides=(24, 28, 32), shares=(0.3, 0.3, 0.4))
    >>> [growing.at(progress) for progress in (0.0, 0.3, 0.9)]
    [(24, 24), (28, 28), (32, 32)]
    """

    sides: tuple[Side | Annotated[tuple[Side, Side], BeforeValidator(_as_tuple)], ...]
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...]

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> "Sizes":
        check_shares(self.shares, self.sides, "side")
        return self

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Height and width of every side."""
        return tuple(side if isinstance(side, tuple) else (side, side) for side in self.sides)

    def shares_from(self, progress: float) -> dict[Size, float]:
        """Of what is ahead when `progress` is done, the share at each size; they add up to 1.

        >>> Sizes(sides=(14, 28), shares=(0.5, 0.5)).shares_from(0.25)
        {(14, 14): 0.3333333333333333, (28, 28): 0.6666666666666666}
        """
        if progress >= 1:
            return {self.sizes[-1]: 1.0}
        begins = [0.0, *accumulate(self.shares)][:-1]
        ends = [*begins[1:], 1.0]
        found: dict[Size, float] = {}
        for size, begin, end in zip(self.sizes, begins, ends, strict=True):
            part = max(0.0, end - max(begin, progress)) / (1 - progress)
            found[size] = found.get(size, 0.0) + part
        return found

    def at(self, progress: float) -> Size:
        """The size when `progress` of the training, from 0 to 1, is done."""
        ends = [end - 1e-9 for end in accumulate(self.shares)][:-1]
        return self.sizes[bisect_right(ends, progress)]
