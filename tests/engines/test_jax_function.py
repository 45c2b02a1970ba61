"""The network as a pure function of one image: what JAX's transformations make of it."""

import jax
import numpy as np
import pytest

from imagette import first_weights, network_function, parse, walk
from imagette.data.preprocess import Preprocess
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_jax import JaxModel
from imagette.recipe.recipe import Recipe

GRAPH = walk(
    parse(
        "conv 4 3x3 pad=same\nbatchnorm\nrelu\nmaxpool 2\nconv 4 3x3 groups=4\nflatten\nlinear 3"
    ),
    (2, 8, 8),
    3,
)
WEIGHTS = first_weights(GRAPH, seed=0)
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 2)).astype(np.uint8)
PREPROCESS = Preprocess((0.4, 0.5), (0.3, 0.2))
IMAGES = np.asarray(PREPROCESS.apply(PIXELS), np.float32)
LABELS = np.arange(4) % 3


@pytest.fixture(scope="module")
def function():
    return network_function(GRAPH)


def loss(function, weights, image, label):
    return -jax.nn.log_softmax(function(weights, image))[label]


def test_a_batch_of_the_function_is_what_the_engine_predicts(function):  # 000-21, 004-17
    model = JaxModel(GRAPH, Recipe(), PREPROCESS, EngineSpec(name="jax", device="cpu"))
    each = jax.vmap(function, in_axes=(None, 0))(WEIGHTS, IMAGES)
    assert np.allclose(each, model.predict(WEIGHTS, PIXELS, 4), rtol=1e-5, atol=1e-6)


def test_per_example_gradients_are_those_of_a_loop(function):  # 000-19
    def gradient(image, label):
        return jax.grad(lambda w: loss(function, w, image, label))(WEIGHTS)

    together = jax.vmap(gradient)(IMAGES, LABELS)
    for n, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        alone = gradient(image, label)
        assert set(alone) == set(WEIGHTS)
        for name, value in alone.items():
            assert np.allclose(together[name][n], value, rtol=1e-4, atol=1e-6), name
    assert max(np.abs(value).max() for value in together.values()) > 0.01


def test_forward_and_reverse_mode_agree(function):  # 000-20
    def of_image(image):
        return function(WEIGHTS, image)

    forward, reverse = jax.jacfwd(of_image)(IMAGES[0]), jax.jacrev(of_image)(IMAGES[0])
    assert forward.shape == (3, 2, 8, 8)
    assert np.allclose(forward, reverse, rtol=1e-4, atol=1e-6)
    direction = np.ones_like(IMAGES[0])
    _, change = jax.jvp(of_image, (IMAGES[0],), (direction,))
    assert np.allclose(change, forward.sum((1, 2, 3)), rtol=1e-4, atol=1e-5)
    _, back = jax.vjp(of_image, IMAGES[0])
    assert np.allclose(back(np.float32([1, 0, 0]))[0], reverse[0], rtol=1e-4, atol=1e-6)


def test_forward_mode_goes_through_every_layer(layer_text, layer_alone):  # 000-20
    graph = layer_alone(layer_text, (4, 6, 5))
    function, weights = network_function(graph), first_weights(graph)
    image = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)

    def total(image):
        return (function(weights, image) ** 2).sum()

    forward, reverse = jax.jacfwd(total)(image), jax.grad(total)(image)
    assert np.allclose(forward, reverse, rtol=1e-3, atol=1e-4 * max(1, np.abs(reverse).max()))
