"""A first convolution that whitens patches of real pictures, and kernels that stay as they are."""

import jax
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from imagette.data.dataset import open_data
from imagette.data.preprocess import preprocess_of
from imagette.data.spec import DataSpec
from imagette.engines.initial import first_weights
from imagette.engines.with_jax.forward import Forward as JaxForward
from imagette.errors import UsageError
from imagette.network import parse, walk
from imagette.recipe.initial import Whitening
from imagette.recipe.recipe import Recipe


@pytest.fixture(scope="module")
def sample(own_folders):
    """Normalised pictures of the embedded set, [N,1,28,28]."""
    spec = DataSpec(name="fashion-sample", limit=2000)
    train = open_data(spec).train
    return preprocess_of(spec, train).apply(train.images)


def whitened(text, images, shape=None, **whitening):
    graph = walk(parse(f"{text}; mean; linear classes"), shape or images.shape[1:])
    recipe = Recipe(whitening=Whitening(layer="conv1", **whitening))
    return first_weights(graph, recipe, 0, images)


def answers(weights, images, **options):
    """The convolution's outputs, a row a place, by torch's own function."""
    kernel = torch.from_numpy(weights["conv1.weight"])
    made = torch.nn.functional.conv2d(torch.from_numpy(images), kernel, **options)
    return made.permute(0, 2, 3, 1).reshape(-1, len(kernel)).double().numpy()


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("conv 18 3x3 frozen=yes", {}),
        ("conv 8 2x2", {}),
        ("conv 18 3x3 dilation=2 stride=2", {"dilation": 2}),  # it looks at every place
    ],
)
def test_whitened_patches_of_real_images_have_the_identity_as_covariance(sample, text, options):
    weights = whitened(text, sample, epsilon=1e-9)
    found = answers(weights, sample, **options)
    half = found.shape[1] // 2
    np.testing.assert_allclose(np.cov(found[:, :half].T), np.eye(half), atol=2e-3)
    np.testing.assert_allclose(found[:, half:], -found[:, :half], atol=1e-5)
    assert not weights["conv1.bias"].any()


def test_epsilon_holds_the_weakest_directions_down(sample):
    found = answers(whitened("conv 18 3x3", sample, epsilon=0.01), sample)
    raw = answers(whitened("conv 18 3x3", sample, epsilon=1e-9), sample)
    # Of covariance: l / (l + epsilon), l the eigenvalue, largest first.
    patches = np.lib.stride_tricks.sliding_window_view(sample[:, 0], (3, 3), (1, 2)).reshape(-1, 9)
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(patches.T.astype(np.float64))))[::-1]
    expected = eigenvalues / (eigenvalues + 0.01)
    np.testing.assert_allclose(found[:, :9].var(0), expected, rtol=1e-3)
    assert found[:, 8].var() < raw[:, 8].var()


def test_fewer_channels_keep_the_strongest_directions(sample):
    few, all_of_them = (whitened(f"conv {n} 3x3", sample)["conv1.weight"] for n in (6, 18))
    np.testing.assert_array_equal(few[:3], all_of_them[:3])
    np.testing.assert_array_equal(few[3:], all_of_them[9:12])


REFUSED = {
    "conv 7 2x2": (
        "recipe.whitening: conv1 must have 8 channels, one for each direction of its patches and "
        "one for its negative, or fewer and even. Got 7."
    ),
    "conv 20 3x3": (
        "recipe.whitening: conv1 must have 18 channels, one for each direction of its patches and "
        "one for its negative, or fewer and even. Got 20."
    ),
    "conv 8 2x2 name=stem": (
        "recipe.whitening.layer: no convolution is called 'conv1'. Choices: stem."
    ),
    "relu; conv 8 2x2": (
        "recipe.whitening.layer must be a convolution of the pictures themselves, without groups. "
        "Got conv1, which comes after other layers."
    ),
    "conv 8 1x9 pad=0,0,4,4": (
        "recipe.whitening.layer: the kernel of conv1 is larger than a picture, so there are no "
        "patches; take a smaller kernel."
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_layer_that_cannot_hold_a_whitening_is_refused_in_one_line(text, sample):
    images = sample[:, :, :, :8]
    with pytest.raises(UsageError) as caught:
        whitened(text, images)
    assert str(caught.value) == REFUSED[text]


FROZEN = "conv 8 3x3 pad=same\nrelu\nconv 8 3x3 pad=same frozen=yes\nmean\nlinear classes"


def test_a_frozen_kernel_stays_and_its_bias_moves(case, agree):
    one = case(FROZEN, optimiser={"name": "adamw", "rate": 0.01, "decay": 0.1})
    for saved in agree(one):
        np.testing.assert_array_equal(saved["conv2.weight"], one.first["conv2.weight"])
        assert (saved["conv2.bias"] != one.first["conv2.bias"]).all()
        assert "opt.exp_avg.conv2.bias" in saved
        assert "opt.exp_avg.conv2.weight" not in saved


class GradientsAsked(TorchDispatchMode):
    """Notes which gradients (input, kernel, bias) each convolution's backward is asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_dispatch__(self, function, _types, arguments=(), keywords=None):
        if function is torch.ops.aten.convolution_backward.default:
            self.asked.append(tuple(arguments[-1]))
        return function(*arguments, **(keywords or {}))


def test_torch_is_not_asked_for_the_gradient_of_a_frozen_kernel(case):
    one = case(f"conv 4 1x1 frozen=yes\n{FROZEN}", num_images=10, epochs=1)
    model = one.on("torch")
    with GradientsAsked() as gradients:
        one.advanced(model, model.start(one.first))
    assert gradients.asked == [(True, False, True), (True, True, True), (False, False, True)]


def test_jax_does_not_compute_the_gradient_of_a_frozen_kernel():
    flops = {}
    wide = FROZEN.replace("conv 8", "conv 16")  # with fewer channels, columns are folded into them
    for text in (wide, wide.replace(" frozen=yes", "")):
        graph = walk(parse(text), (16, 16, 16))
        forward = JaxForward(graph)
        params, fixed = forward.start(first_weights(graph))

        def loss(params, fixed, images, forward=forward):
            return forward.train(images, params, fixed, {})[0].sum()

        step = jax.jit(jax.grad(loss)).lower(params, fixed, np.zeros((3, 16, 16, 16), np.float32))
        flops["frozen" in text] = step.compile().cost_analysis()["flops"]
    kernel = 2 * 3 * 16 * 16 * 16 * 16 * 9  # a multiplication and an addition a tap, padding's too
    assert flops[False] - flops[True] == pytest.approx(kernel, rel=0.15)
