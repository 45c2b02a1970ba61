"""What an experiment says about its data."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from imagette.spec import Spec

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]

OWN = "python:"
"""What the name of a set begins with that one's own code gives; the pointer follows."""


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

    `python` points to one's own code and takes the place of `name`; `args` go to it. `collate`
    points to a function from a list of items to (images, labels). With `cache = false` its items
    may be any floats, or random: they are read each time they are used.

    >>> DataSpec(name="cifar10", validation=0).name
    'cifar10'
    >>> DataSpec(python="mine.py:Digits", args={"size": 28}).name
    'python:mine.py:Digits'
    """

    name: str = "fashion-sample"
    validation: Share = 0.1
    split_seed: int = 0
    limit: Positive | None = None
    normalise: Literal["channels", "none"] | Normalise = "channels"
    cache: bool = True
    size: Positive | None = None  # of folders alone: pictures become size x size
    colour: Literal["rgb", "grey"] | None = None  # of folders alone
    python: str | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    collate: str | None = None
    class_names: tuple[str, ...] | None = Field(None, min_length=2)

    @model_validator(mode="before")
    @classmethod
    def _one_name_for_code_of_ones_own(cls, values: Any) -> Any:
        """`python = "X"` and `name = "python:X"` are the same; both are said in the end."""
        if not isinstance(values, dict):
            return values
        name, python = values.get("name"), values.get("python")
        if isinstance(python, str):
            return {"name": f"{OWN}{python}", **values}
        if isinstance(name, str) and name.startswith(OWN):
            return {**values, "python": name.removeprefix(OWN)}
        return values

    @model_validator(mode="after")
    def _code_goes_with_its_own_keys(self) -> "DataSpec":
        if self.python is not None and self.name != f"{OWN}{self.python}":
            raise ValueError(f"give one of name, python. Got {self.name!r} and {self.python!r}")
        given = [key for key in ("args", "collate", "class_names") if getattr(self, key)]
        if given and self.python is None:
            raise ValueError(f"{given[0]} belongs to data.python, code of one's own")
        return self
