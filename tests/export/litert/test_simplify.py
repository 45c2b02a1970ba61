"""What is folded away, and what must not be."""

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.export.litert.lower import lowered
from imagette.export.litert.program import Program, arena_bytes
from imagette.export.litert.simplify import simplified
from imagette.network import cost_table, named, parse, walk


def program(text: str, channels: int = 1) -> Program:
    graph = walk(parse(text), (channels, 28, 28), classes=10)
    preprocess = Preprocess((0.3,) * channels, (0.2,) * channels)
    return simplified(lowered(graph, first_weights(graph, seed=0), preprocess))


def kinds(text: str, channels: int = 1) -> list[str]:
    return [op.kind for op in program(text, channels).ops]


START, END = "DEQUANTIZE", ["RESHAPE", "FULLY_CONNECTED"]
ROWS = {
    "normalisation joins weights that see no padding": ("conv 3 3x3", ["CONV_2D"]),
    "padding of 0 is no normalised 0": ("conv 3 3x3 pad=same", ["DEPTHWISE_CONV_2D", "CONV_2D"]),
    "a norm and its ReLU join the convolution before them": (
        "conv 3 3x3; batchnorm; relu",
        ["CONV_2D"],
    ),
    "a norm after a ReLU does not join what is before it": (
        "conv 3 3x3; relu; batchnorm; conv 4 3x3 pad=same",
        ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D"],
    ),
    "what two read is not changed for one": (
        "conv 3 3x3; residual { batchnorm; relu }",
        ["CONV_2D", "DEPTHWISE_CONV_2D", "ADD"],
    ),
    "padding that the format does alike needs no operator": (
        "conv 3 3x3; conv 3 3x3 pad=same; maxpool 3 stride=1 pad=same",
        ["CONV_2D", "CONV_2D", "MAX_POOL_2D"],
    ),
    "padding that it does otherwise gets one": (
        "conv 3 3x3; conv 3 3x3 pad=same stride=2; avgpool 3 stride=1 pad=same",
        ["CONV_2D", "PAD", "CONV_2D", "PAD", "AVERAGE_POOL_2D"],
    ),
    "dropout does nothing": ("conv 3 3x3; dropout 0.5", ["CONV_2D"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_operators_are_no_more_than_needed(name):
    text, middle = ROWS[name]
    assert kinds(f"{text}; flatten; linear classes") == [START, *middle, *END]


def test_pixels_are_reordered_only_where_no_linear_can_take_them_as_they_lie():
    assert "TRANSPOSE" in kinds("conv 3 3x3; flatten; tanh; linear classes")
    assert "TRANSPOSE" not in kinds("conv 1 3x3; flatten; tanh; linear classes")
    assert "TRANSPOSE" not in kinds("conv 3 3x3; flatten; dropout 0.5; linear classes")


def test_a_norm_of_features_joins_the_linear_after_it():
    assert kinds("conv 3 3x3; tanh; flatten; batchnorm; linear classes")[-1] == "FULLY_CONNECTED"
    assert "MUL" not in kinds("conv 3 3x3; tanh; flatten; batchnorm; linear classes")


def test_the_arena_is_the_peak_of_the_cost_table():
    graph = walk(named("lenet_cifar"), (3, 32, 32), classes=10)
    preprocess = Preprocess((0.3,) * 3, (0.2,) * 3)
    made = simplified(lowered(graph, first_weights(graph, seed=0), preprocess))
    assert arena_bytes(made) == cost_table(graph).peak_activation_bytes == 31_104


def test_no_tensor_is_left_that_nothing_reads():
    made = program("conv 3 3x3; batchnorm; relu; flatten; linear classes")
    used = {i for op in made.ops for i in (*op.inputs, op.output)}
    assert used | {made.input} == set(range(len(made.tensors)))
    assert [made.tensors[i].name for i in (made.input, made.output)] == ["image", "logits"]
    assert np.dtype(made.tensors[made.input].dtype) == np.uint8
