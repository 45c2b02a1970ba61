"""A program in integers: its weights, its grids, and what it keeps in float32."""

from collections import Counter

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.export.litert.flatbuffer import serialised
from imagette.export.litert.interpreter import ranges_of, runner
from imagette.export.litert.lower import lowered
from imagette.export.litert.quantise import grid_of, quantised
from imagette.export.litert.simplify import simplified
from imagette.network import parse, walk

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 1)).astype(np.uint8)


def both(text, change=lambda weights: None, images=IMAGES):
    """The program, the same in integers, and what each makes of the images."""
    graph = walk(parse(text), (1, 12, 12), classes=10)
    weights = {name: value.copy() for name, value in first_weights(graph, seed=0).items()}
    change(weights)
    program = simplified(lowered(graph, weights, Preprocess((0.3,), (0.2,))))
    data = serialised(program, "float32")
    made = quantised(program, ranges_of(data, [op.output for op in program.ops], images))
    return made, runner(data)(images), runner(serialised(made.program, "int8"))(images)


def test_weights_are_int8_a_channel_and_sums_int32():  # 004-33
    made, _, _ = both("conv 3 3x3; relu; conv 3 3x3 groups=channels; flatten; linear classes")
    (conv,) = (op for op in made.program.ops if op.kind == "CONV_2D")
    weight, bias = (made.program.tensors[i] for i in conv.inputs[1:])
    assert (weight.data.dtype, bias.data.dtype) == (np.int8, np.int32)
    assert weight.grid.scale.shape == bias.grid.scale.shape == (3,)
    assert np.abs(weight.data.astype(int)).reshape(3, -1).max(1).tolist() == [127] * 3


def test_only_the_ends_are_no_integers():
    made, _, _ = both("conv 3 3x3; relu; maxpool 2; flatten; linear classes")
    computed = [made.program.tensors[op.output].dtype for op in made.program.ops]
    assert Counter(computed) == {"int8": len(computed) - 1, "float32": 1}
    assert made.kept_float == ()


def test_what_has_no_integer_kernel_stays_float32_and_is_named():
    made, exact, found = both("conv 4 3x3; layernorm; relu; mean; linear classes; log_softmax")
    assert made.kept_float == ("layernorm1", "log_softmax1")
    assert np.abs(found - exact).max() < 0.05 * np.ptp(exact)


def test_what_stands_side_by_side_shares_one_grid():
    dense = "branches { { } { batchnorm; relu; conv 2 3x3 pad=same } }"
    made, _, _ = both(f"conv 2 3x3; {dense}; {dense}; {dense}; mean; linear classes")
    assert [op.kind for op in made.program.ops].count("QUANTIZE") == 1  # the pixels'


EXTREMES = {
    "a channel without weights": lambda w: w["conv1.weight"][0].fill(0),
    "a channel of almost no weight and a bias": lambda w: (
        w["conv1.weight"][0].fill(1e-12),
        w["conv1.bias"].fill(5),
    ),
    "a channel far above the others": lambda w: np.multiply(
        w["conv1.weight"][0], 500, out=w["conv1.weight"][0]
    ),
    "no weights at all": lambda w: [value.fill(0) for value in w.values()],
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_weights_make_a_file_that_runs(name):
    text = "conv 3 3x3; relu; residual { conv 3 3x3 pad=same; sigmoid }; flatten; linear classes"
    _, exact, found = both(text, EXTREMES[name])
    assert np.isfinite(found).all()
    assert np.abs(found - exact).max() <= 0.1 * max(np.ptp(exact), 1e-6)


def test_images_all_alike_make_a_file_that_runs():
    _, exact, found = both("conv 3 3x3; relu; mean; linear classes", images=0 * IMAGES)
    np.testing.assert_allclose(found, exact, atol=0.05 * np.abs(exact).max())


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 0), (3, 5), (-4, -2), (-1e-12, 1e-12)])
def test_a_grid_holds_zero_exactly_and_both_ends(low, high):
    grid = grid_of(low, high)
    numbers = grid.scale[0] * (np.arange(-128, 128) - grid.zero)
    assert 0 in numbers
    assert numbers.min() <= low + grid.scale[0]
    assert numbers.max() >= high - grid.scale[0]
