"""The layers that slide a window over a picture: convolution and pooling."""

from dataclasses import dataclass, field
from math import gcd, isqrt
from typing import Any, ClassVar, Literal, cast

from imagette.network import operations as op
from imagette.network.errors import NetworkError
from imagette.network.forms import (
    FLAG,
    GROUPS,
    KERNEL,
    PADDING,
    PAIR,
    SAME,
    WIDTH,
    argument,
    option,
)
from imagette.network.layer import Groups, Layer, Width, Written, number, picture
from imagette.network.tensors import Shape, Weight
from imagette.network.window import Margins, Pair, Window

Padding = Margins | Literal["same"]


@dataclass(frozen=True, init=False)
class Conv(Layer):
    """A convolution (in fact a cross-correlation) with bias unless told otherwise.

    [C,H,W] to [channels,H',W']; weight [channels, C/groups, kh, kw], bias [channels].
    `padding` is (top, bottom, left, right), a number for all four, or "same": the
    dilation * (k - 1) // 2 on both sides, at any stride, of odd kernels only. The kernel of a
    `frozen` one keeps its first values; its bias is trained all the same.

    >>> Conv(6, 5) == Conv(6, (5, 5), stride=1, padding=0)
    True
    """

    word: ClassVar[str] = "conv"
    channels: Width = field(metadata=argument(WIDTH))
    kernel: Pair = field(metadata=argument(KERNEL))
    stride: Pair = field(default=(1, 1), metadata=option(PAIR))
    padding: Padding = field(default=(0, 0, 0, 0), metadata=option(PADDING, "pad"))
    dilation: Pair = field(default=(1, 1), metadata=option(PAIR))
    groups: Groups = field(default=1, metadata=option(GROUPS))
    bias: bool = field(default=True, metadata=option(FLAG))
    frozen: bool = field(default=False, metadata=option(FLAG))

    def __init__(
        self,
        channels: Width,
        kernel: int | Pair,
        stride: int | Pair = 1,
        padding: int | Padding = 0,
        dilation: int | Pair = 1,
        groups: Groups = 1,
        bias: bool = True,
        frozen: bool = False,
        *,
        name: str = "",
        written: Written | None = None,
    ) -> None:
        _settle(
            self,
            channels=channels,
            kernel=_repeated(kernel, 2),
            stride=_repeated(stride, 2),
            padding=_repeated(padding, 4),
            dilation=_repeated(dilation, 2),
            groups=groups,
            bias=bias,
            frozen=frozen,
            name=name,
            written=written,
        )

    @property
    def margins(self) -> Margins:
        return _margins(self.padding, self.kernel, self.dilation)

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.margins, self.dilation)

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        depth, channels = picture(self, shape)[0], number(self.channels)
        groups = number(self.groups)
        for what, size in (("the input's channels", depth), ("its own channels", channels)):
            if size % groups:
                raise NetworkError(
                    f"groups must divide {what}, {size}. Got {groups}; "
                    f"take groups={_nearest_divisor(depth, channels, groups)}"
                )
        convolve = op.Convolve(shape, channels, self.window, groups)
        bias = op.Elementwise(convolve.output_shape, ("add",))
        return (convolve, bias) if self.bias else (convolve,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        channels = number(self.channels)
        kernel = (channels, shape[0] // number(self.groups), *self.kernel)
        weight = Weight("weight", kernel, trainable=not self.frozen)
        return (weight, Weight("bias", (channels,))) if self.bias else (weight,)


@dataclass(frozen=True, init=False)
class Pool(Layer):
    """What poolings share. The stride is the kernel unless given; padding as in `Conv`."""

    kernel: Pair = field(metadata=argument(PAIR))
    stride: Pair = field(metadata=option(PAIR))
    padding: Padding = field(default=(0, 0, 0, 0), metadata=option(PADDING, "pad"))

    def __init__(
        self,
        kernel: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Padding = 0,
        *,
        name: str = "",
        written: Written | None = None,
    ) -> None:
        _settle(
            self,
            kernel=_repeated(kernel, 2),
            stride=_repeated(kernel if stride is None else stride, 2),
            padding=_repeated(padding, 4),
            name=name,
            written=written,
        )

    @property
    def margins(self) -> Margins:
        return _margins(self.padding, self.kernel, (1, 1))

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.margins)

    def _checked(self, shape: Shape) -> Shape:
        (kh, kw), (top, bottom, left, right) = self.kernel, self.margins
        if max(top, bottom) >= kh or max(left, right) >= kw:
            raise NetworkError(
                f"pad must be smaller than the kernel {kh}x{kw}, "
                f"or a window would see no pixel. Got {self.margins}; take pad=same or less"
            )
        return picture(self, shape)


class MaxPool(Pool):
    """The largest of each window: [C,H,W] to [C,H',W']; padding never wins."""

    word: ClassVar[str] = "maxpool"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.ReduceWindow(self._checked(shape), self.window, "maximum"),)


class AvgPool(Pool):
    """The sum of each window over the kernel's size: [C,H,W] to [C,H',W']; padding counts as 0."""

    word: ClassVar[str] = "avgpool"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        total = op.ReduceWindow(self._checked(shape), self.window, "add")
        return (total, op.Elementwise(total.output_shape, ("multiply",)))


def _settle(layer: Layer, **values: Any) -> None:
    """Fill the fields of a frozen layer whose constructor accepts short forms."""
    for name, value in values.items():
        object.__setattr__(layer, name, value)


def _repeated(value: Any, times: int) -> Any:
    """5 as (5, 5); lists, which JSON has, as tuples; anything else as it is, for walk to judge."""
    if isinstance(value, list):
        return tuple(value)
    return (value,) * times if isinstance(value, int) else value


def _margins(padding: Padding, kernel: Pair, dilation: Pair) -> Margins:
    if padding != SAME:
        return cast(Margins, padding)
    if not all(side % 2 for side in kernel):
        raise NetworkError(
            f"pad=same needs an odd kernel. Got {kernel[0]}x{kernel[1]}; "
            "take an odd one, or write pad=top,bottom,left,right"
        )
    vertical, horizontal = (d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    return vertical, vertical, horizontal, horizontal


def _nearest_divisor(inputs: int, outputs: int, groups: int) -> int:
    common = gcd(inputs, outputs)
    small = [d for d in range(1, isqrt(common) + 1) if common % d == 0]
    return min([*small, *(common // d for d in small)], key=lambda d: abs(d - groups))
