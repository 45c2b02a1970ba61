"""What every layer is: a frozen value that states its weights and operations."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Self

from imagette.network.errors import NetworkError
from imagette.network.forms import CHANNELS, GROUPS, NAME, SAME, WIDTH, option, slots
from imagette.network.operations import Operation
from imagette.network.tensors import Shape, Weight, shape_text

Width = int | Literal["classes", "same"]
Groups = int | Literal["channels"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the words for sizes mean at one place of a network."""

    classes: int
    channels: int  # that reach the layer
    same: int | None  # channels that entered the innermost gate or residual around it, if any

    def number(self, size: int | str) -> int:
        """Raises NetworkError for `same` outside of what it refers to."""
        if isinstance(size, int):
            return size
        if size == SAME and self.same is None:
            raise NetworkError(
                "the word same stands for the channels that enter the gate or residual around it, "
                "and there is none; write a number"
            )
        numbers = {SAME: self.same or 0, CHANNELS: self.channels}
        return numbers.get(size, self.classes)


@dataclass(frozen=True)
class Written:
    """Where a layer stands in a text: for messages only."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.text!r:.100}"


@dataclass(frozen=True)
class Layer:
    """What all layers share: the own name, if any, and where it was written, if anywhere."""

    word: ClassVar[str]
    name: str = field(default="", kw_only=True, metadata=option(NAME))
    written: Written | None = field(default=None, kw_only=True, compare=False, repr=False)

    def operations(self, shape: Shape) -> tuple[Operation, ...]:
        """What one image costs; the last one's output is the layer's."""
        raise NotImplementedError

    def weights(self, shape: Shape) -> tuple[Weight, ...]:  # noqa: ARG002
        """Named within the layer: `weight`, `bias`, ..."""
        return ()

    def resolved(self, sizes: Sizes) -> Self:
        """The same layer with numbers in place of the words `classes`, `same` and `channels`."""
        sized = [slot.field for slot in slots(self.__class__) if slot.form in (WIDTH, GROUPS)]
        said: dict[str, Any] = {field: getattr(self, field) for field in sized}
        numbers: dict[str, Any] = {
            field: sizes.number(size) for field, size in said.items() if isinstance(size, str)
        }
        return replace(self, **numbers) if numbers else self

    def check_values(self) -> None:
        """Refuse the first value that is not of its field's form."""
        for slot in slots(self.__class__):
            value = getattr(self, slot.field)
            if not slot.form.accepts(value):
                raise NetworkError(f"{slot.word} must be {slot.form.rule}. Got {value!r:.60}")


def number(width: Width | Groups) -> int:
    """A width or a number of groups after `resolved`."""
    assert isinstance(width, int), "walk resolves words before it asks for anything"
    return width


def picture(layer: Layer, shape: Shape) -> Shape:
    """The shape, if it is [C,H,W]; raises NetworkError otherwise."""
    if len(shape) != 3:
        raise NetworkError(
            f"{layer.word} takes a picture [C,H,W], not {shape_text(shape)} features in a row; "
            "put it before flatten, mean and linear"
        )
    return shape
