"""First values against their formulas: variance, bounds, right angles, what passes through."""

from hashlib import sha256
from math import sqrt

import numpy as np
import pytest

from imagette.engines.initial import first_weights
from imagette.network import entry, named, parse, walk
from imagette.recipe.initial import Initial
from imagette.recipe.recipe import Recipe

# SHA-256 of names and bytes, as drawn before a recipe could say otherwise.
DIGESTS = {
    "lenet_cifar": "2cb457b7649613b9132f95c031f902fa73baf51935c5ddf7b07a1b68b72cd1f0",
    "resnet8": "9cb1aa4c062f88e016b23ad3a3e3dc416b25f0e11924f08a9138fee363834d7f",
    "convnext_mini": "7675950ef44e3f4af5fbead43f11938173c43d2d6d2f04658b1db256ab03fb3a",
}


def first(text, shape, seed=0, **initial):
    recipe = Recipe(initial=Initial(**initial))
    return first_weights(walk(parse(text), shape), recipe, seed)


@pytest.mark.parametrize("name", DIGESTS)
def test_the_default_has_the_bits_it_always_had(name):  # 000-14
    values = first_weights(walk(named(name), entry(name).input_shape), Recipe(), 3)
    digest = sha256()
    for weight in sorted(values):
        digest.update(weight.encode() + values[weight].tobytes())
    assert digest.hexdigest() == DIGESTS[name]


VARIANCES = {  # of a kernel [128, 64, 3, 3]: 576 taps in, 1,152 out
    "default": 1 / 576 / 3,
    "kaiming_normal": 2 / 576,
    "kaiming_uniform": 2 / 576,
    "xavier_normal": 2 / (576 + 1152),
    "xavier_uniform": 2 / (576 + 1152),
}


@pytest.mark.parametrize("name", VARIANCES)
def test_a_kernel_has_the_variance_of_its_formula(name):
    kernel = first("conv 128 3x3; mean; linear 10", (64, 3, 3), name=name)["conv1.weight"]
    n = kernel.size  # 73,728: both figures within four of their standard errors
    assert kernel.mean() == pytest.approx(0, abs=4 * sqrt(VARIANCES[name] / n))
    assert kernel.var() == pytest.approx(VARIANCES[name], rel=4 * sqrt(2 / n))
    if not name.endswith("normal"):
        assert np.abs(kernel).max() == pytest.approx(sqrt(3 * VARIANCES[name]), rel=1e-3)


@pytest.mark.parametrize("name", ["kaiming_normal", "xavier_normal"])
def test_normal_values_are_normal(name):
    kernel = first("conv 128 3x3; mean; linear 10", (64, 3, 3), name=name)["conv1.weight"]
    scaled = kernel.ravel() / kernel.std()
    shares = [(np.abs(scaled) < bound).mean() for bound in (1, 2, 3)]
    np.testing.assert_allclose(shares, [0.6827, 0.9545, 0.9973], atol=0.006)
    assert (scaled**4).mean() == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("text", "shape"), [("conv 8 3x3", (2, 3, 3)), ("conv 32 3x3", (2, 3, 3))])
def test_orthogonal_rows_or_columns_are_at_right_angles(text, shape):
    kernel = first(f"{text}; mean; linear 10", shape, name="orthogonal")["conv1.weight"]
    matrix = kernel.reshape(len(kernel), -1).astype(np.float64)
    square = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(square, np.eye(len(square)), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("conv 6 3x3 pad=same", 4),
        ("conv 3 3x3 pad=same", 3),
        ("conv 4 5x5 pad=same groups=4", 4),
        ("conv 6 1x1", 4),
    ],
)
def test_dirac_hands_its_first_channels_on(text, passed, case, engine):
    one = case(f"{text}\nflatten\nlinear classes", (4, 6, 5), initial="dirac")
    weights = {n: x * 0 if n == "conv1.bias" else x for n, x in one.first.items()}
    found = one.on(engine).activations(weights, one.images, ["conv1"])["conv1"]
    expected = one.preprocess.apply(one.images)
    np.testing.assert_allclose(found[:, :passed], expected[:, :passed], atol=1e-6)


def test_dirac_leaves_the_rest_as_the_default():
    text, shape = "conv 6 3x3; flatten; linear 10", (4, 3, 3)
    dirac, default = first(text, shape, name="dirac"), first(text, shape)
    np.testing.assert_array_equal(dirac["conv1.weight"][4:], default["conv1.weight"][4:])
    for name in ("conv1.bias", "linear1.weight", "linear1.bias"):
        np.testing.assert_array_equal(dirac[name], default[name])


@pytest.mark.parametrize("name", ["kaiming_normal", "xavier_uniform", "orthogonal"])
def test_biases_begin_at_zero_and_norms_as_ever(name):
    values = first("conv 6 3x3; batchnorm; flatten; linear 10", (4, 3, 3), name=name)
    assert not any(values[f"{path}.bias"].any() for path in ("conv1", "linear1", "batchnorm1"))
    assert (values["batchnorm1.weight"] == 1).all()
    assert (values["batchnorm1.var"] == 1).all()


def test_a_residual_whose_last_norm_is_zero_begins_as_its_shortcut(case, engine):
    text = "residual { conv 2 3x3 pad=same; batchnorm; relu; conv 2 3x3 pad=same; batchnorm }"
    initial = {"name": "kaiming_normal", "zero_last_norm": True}
    one = case(f"{text}\nflatten\nlinear classes", initial=initial)
    assert (one.first["residual1.batchnorm1.weight"] == 1).all()
    found = one.on(engine).activations(one.first, one.images, ["residual1.add"])
    expected = one.preprocess.apply(one.images)
    np.testing.assert_allclose(found["residual1.add"], expected, atol=1e-6)


def test_another_seed_draws_other_values():
    values = [first("flatten; linear 10", (1, 3, 3), s, name="kaiming_normal") for s in (0, 0, 1)]
    assert (values[0]["linear1.weight"] == values[1]["linear1.weight"]).all()
    assert (values[0]["linear1.weight"] != values[2]["linear1.weight"]).any()
