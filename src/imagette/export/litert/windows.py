"""What slides a window over a picture in LiteRT: convolutions and poolings, and their padding.

Padding that is neither none nor as the format's own would be becomes an operator before them.
"""

import numpy as np

from imagette.export.litert.call import Call, Lowering
from imagette.export.litert.program import Option
from imagette.network import AvgPool, Conv, MaxPool
from imagette.network.layer import number
from imagette.network.window import Margins, Window

_LOWEST = float(np.finfo(np.float32).min)


def lower_conv(layer: Conv) -> Lowering:
    def conv(call: Call) -> int:
        x, padding = _placed(call, layer.window)
        channels, groups = call.node.input_shapes[0][0], number(layer.groups)
        weight, out = call.weights["weight"], number(layer.channels)
        options: dict[str, Option] = {
            "padding": padding,
            "strideH": layer.stride[0],
            "strideW": layer.stride[1],
            "dilationHFactor": layer.dilation[0],
            "dilationWFactor": layer.dilation[1],
        }
        kind, order = "CONV_2D", (0, 2, 3, 1)
        if groups == channels > 1:
            kind, order = "DEPTHWISE_CONV_2D", (1, 2, 3, 0)
            options["depthMultiplier"] = out // channels
        kernel = call.add.constant("weight", weight.transpose(order))
        return call.add.apply(kind, (x, kernel, call.bias("bias", out)), call.shape, options)

    return conv


def lower_max_pool(layer: MaxPool) -> Lowering:
    def max_pool(call: Call) -> int:
        x, padding = _placed(call, layer.window, _LOWEST)
        return call.add.apply("MAX_POOL_2D", (x,), call.shape, _options(layer.window, padding))

    return max_pool


def lower_avg_pool(layer: AvgPool) -> Lowering:
    """The format's own padding is left out of its mean; ours counts as 0, so it is written out."""

    def avg_pool(call: Call) -> int:
        x = _padded(call, layer.margins, None) if any(layer.margins) else call.x
        return call.add.apply("AVERAGE_POOL_2D", (x,), call.shape, _options(layer.window, "VALID"))

    return avg_pool


def lower_max(call: Call) -> int:
    """The largest of each channel: one window as large as the picture."""
    channels, height, width = call.node.input_shapes[0]
    options = _options(Window((height, width)), "VALID")
    each = call.add.apply("MAX_POOL_2D", (call.x,), (1, 1, channels), options, name="pixel")
    return call.add.reshape(each, (channels,))


def _options(window: Window, padding: str) -> dict[str, Option]:
    return {
        "padding": padding,
        "strideH": window.stride[0],
        "strideW": window.stride[1],
        "filterHeight": window.kernel[0],
        "filterWidth": window.kernel[1],
    }


def _placed(call: Call, window: Window, fill: float | None = None) -> tuple[int, str]:
    """The input, padded where the format's own padding differs, and what is left to the format."""
    _, *sides = call.node.input_shapes[0]
    if not any(window.margins):
        return call.x, "VALID"
    places = window.places(sides[0], sides[1])
    befores = window.margins[::2]
    rows = zip(sides, places, befores, window.span, window.stride, strict=True)
    if all(_is_same(*row) for row in rows):
        return call.x, "SAME"
    return _padded(call, window.margins, fill), "VALID"


def _is_same(size: int, places: int, before: int, span: int, stride: int) -> bool:
    """Whether, along one side, the format's SAME puts every window where ours does."""
    lacking = max((places - 1) * stride + span - size, 0)
    return places == -(-size // stride) and before == lacking // 2


def _padded(call: Call, margins: Margins, fill: float | None) -> int:
    """`fill` is what is put there; None: 0."""
    top, bottom, left, right = margins
    channels, height, width = call.node.input_shapes[0]
    sides = np.array([(0, 0), (top, bottom), (left, right), (0, 0)], np.int32)
    inputs: tuple[int, ...] = (call.x, call.add.constant("pad_sides", sides))
    if fill is not None:
        inputs = (*inputs, call.add.constant("pad_fill", np.array([fill], np.float32)))
    shape = (top + height + bottom, left + width + right, channels)
    return call.add.apply("PAD" if fill is None else "PADV2", inputs, shape, name="pad")
