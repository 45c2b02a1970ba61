"""What every layer is: a frozen value that states its weights and operations."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Self

from imagette.network.errors import NetworkError
from imagette.network.forms import CLASSES, NAME, WIDTH, option, slots
from imagette.network.operations import Operation
from imagette.network.tensors import Shape, Weight, shape_text

Width = int | Literal["classes"]


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

    def resolved(self, classes: int) -> Self:
        """The same layer with the number of classes in place of the word `classes`."""
        widths = (slot.field for slot in slots(self.__class__) if slot.form is WIDTH)
        numbers: dict[str, Any] = {w: classes for w in widths if getattr(self, w) == CLASSES}
        return replace(self, **numbers) if numbers else self

    def check_values(self) -> None:
        """Refuse the first value that is not of its field's form."""
        for slot in slots(self.__class__):
            value = getattr(self, slot.field)
            if not slot.form.accepts(value):
                raise NetworkError(f"{slot.word} must be {slot.form.rule}. Got {value!r:.60}")


def number(width: Width) -> int:
    """A width after `resolved`."""
    assert isinstance(width, int), "walk resolves the word classes before it asks for anything"
    return width


def picture(layer: Layer, shape: Shape) -> Shape:
    """The shape, if it is [C,H,W]; raises NetworkError otherwise."""
    if len(shape) != 3:
        raise NetworkError(
            f"{layer.word} takes a picture [C,H,W], not {shape_text(shape)} features in a row; "
            "put it before flatten, mean and linear"
        )
    return shape
