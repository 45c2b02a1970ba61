"""What is measured, on what, and when."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveInt

from imagette.arrays import NumViews
from imagette.errors import nearest
from imagette.evaluate.metrics import METRICS
from imagette.spec import Spec

JUDGED_FIRST = ("validation", "test", "train")
"""A run is judged on the first of these splits that it measured."""


def _known(name: str) -> str:
    if ":" not in name and name not in METRICS:
        raise ValueError(
            f"no metric is called '{name}'. {nearest(name, METRICS)} Or one's own: file.py:name"
        )
    return name


class EvaluationSpec(Spec):
    """`test` stays sealed, or is measured each epoch (what the courses ask; never for selection).

    `train` figures are the running means of an epoch, while the weights move, or recomputed on all
    training images after it. `batch` is the number of images put through the network at once.
    `views` of each image are averaged when the run is judged at its end, or later; never per epoch,
    and never of training images.
    """

    test: Literal["sealed", "each-epoch"] = "sealed"
    train: Literal["running", "recomputed"] = "running"
    metrics: tuple[Annotated[str, AfterValidator(_known)], ...] = ()
    batch: PositiveInt = Field(400)
    views: NumViews = 1

    def num_views_of(self, split: str) -> NumViews:
        """Several views are for images held out: of those that were learnt from, one says enough.

        >>> [EvaluationSpec(views=6).num_views_of(split) for split in ("test", "train")]
        [6, 1]
        """
        return 1 if split == "train" else self.views
