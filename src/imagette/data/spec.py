"""What an experiment says about its data."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from imagette.spec import Spec

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]


class Normalise(Spec):
    """A mean and a deviation for each channel, in units of full scale (pixel / 255)."""

    mean: tuple[float, ...] = Field(min_length=1)
    deviation: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_of_each_a_channel(self) -> "Normalise":
        if len(self.mean) != len(self.deviation):
            raise ValueError(
                f"'mean' and 'deviation' must be as long as each other. "
                f"Got {len(self.mean)} and {len(self.deviation)} values."
            )
        return self


class DataSpec(Spec):
    """Which pictures, and how they are cut into training and validation.

    `limit` keeps at most so many training images, by the ranking that cuts validation, classes in
    proportion; the validation share is cut first and does not change with it.

    >>> DataSpec(name="cifar10", validation=0).name
    'cifar10'
    """

    name: str = "fashion-sample"
    validation: Share = 0.1
    split_seed: int = 0
    limit: Positive | None = None
    normalise: Literal["channels", "none"] | Normalise = "channels"
    cache: bool = True
    size: Positive | None = None  # of folders alone: pictures become size x size
    colour: Literal["rgb", "grey"] | None = None  # of folders alone
