import numpy as np
import pytest

from imagette.engines.protocol import EngineSpec
from imagette.errors import UsageError
from imagette.evaluate.masks import activation_masks
from imagette.network.truncate import truncated
from imagette.recipe.recipe import Recipe
from imagette.run.activations import looks_of
from imagette.run.engine import build
from imagette.store.ledger import openings


@pytest.fixture
def ended(experiment, trained):
    return trained(experiment(recipe={"epochs": 1}))


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_a_mask_of_either_engine_is_that_of_the_layers_activations(ended, engine):
    # 003-25, 003-27
    looks = looks_of(ended.folder.path, "relu1", num_images=5, engine=engine)
    images = ended.prepared.dataset.validation.images[list(looks.rows)]
    np.testing.assert_array_equal(looks.images, images)
    weights = ended.folder.load().weights
    made = ended.prepared.model.activations(weights, images, ["relu1"])["relu1"]
    np.testing.assert_allclose(looks.masks, activation_masks(made), atol=1e-5)
    assert looks.masks.max(axis=(1, 2)).tolist() == [1] * 5
    answers = ended.prepared.model.predict(weights, images, 5).argmax(1)
    np.testing.assert_array_equal(looks.predicted, answers)


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_saliency_is_the_slope_of_the_answer_along_each_pixel(ended, engine):
    # as finite differences have it
    folder = ended.folder.path
    looks = looks_of(folder, saliency=True, num_images=1, engine=engine)
    assert (looks.layer, looks.masks) == (None, None)
    model, weights = ended.prepared.model, ended.folder.load().weights
    image, label = looks.images[0].astype(np.float32), looks.predicted[0]
    strongest = np.unravel_index(looks.saliency[0].argmax(), looks.saliency[0].shape)
    rng = np.random.default_rng(0)
    places = [strongest, *(tuple(rng.integers(0, 28, 2)) for _ in range(5))]
    step = np.float32(0.25)
    moved = np.repeat(image[None], 2 * len(places), axis=0)
    for i, (row, column) in enumerate(places):
        moved[2 * i, row, column, 0] -= step
        moved[2 * i + 1, row, column, 0] += step
    logits = model.predict(weights, moved, len(moved))[:, label].reshape(-1, 2)
    slopes = np.abs(logits[:, 1] - logits[:, 0])
    expected = [looks.saliency[0][place] for place in places]
    np.testing.assert_allclose(slopes / slopes[0], expected, atol=0.03)


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_a_truncated_network_computes_the_layer_itself(ended, engine):  # 003-27
    graph = truncated(ended.prepared.graph, "maxpool1")
    spec = EngineSpec(name=engine, threads=1)
    part = build(graph, Recipe(), ended.prepared.preprocess, spec)
    weights, images = ended.folder.load().weights, ended.prepared.dataset.validation.images[:4]
    whole = ended.prepared.model.activations(weights, images, ["maxpool1"])["maxpool1"]
    made = part.activations(weights, images, ["maxpool1"])["maxpool1"]
    np.testing.assert_allclose(made, whole, rtol=1e-4, atol=1e-5)
    looks = looks_of(ended.folder.path, "maxpool1", num_images=1)
    assert looks.network.parameters == 4 * 26


def test_the_seed_draws_which_images(ended):  # 003-26
    folder = ended.folder.path
    first, again = (looks_of(folder, num_images=8).rows for _ in range(2))
    assert first == again
    assert len(set(first)) == 8
    assert looks_of(folder, num_images=8, seed=1).rows != first


def test_the_last_convolution_is_taken_where_none_is_named(ended):
    assert looks_of(ended.folder.path, num_images=1).layer == "conv1"


def test_test_images_are_put_through_only_when_opened(ended):  # 000-12
    with pytest.raises(UsageError, match=r"^The test set is sealed"):
        looks_of(ended.folder.path, split="test")
    before = len(openings("fashion-sample"))
    assert looks_of(ended.folder.path, split="test", open_test_set=True).split == "test"
    assert len(openings("fashion-sample")) == before + 1


def test_wrong_layers_are_refused_before_anything_is_opened(ended):
    before = len(openings("fashion-sample"))
    for layer, words in (("cnov1", "Did you mean 'conv1'"), ("linear1", "gives 10 numbers in a")):
        with pytest.raises(UsageError, match=words):
            looks_of(ended.folder.path, layer, split="test", open_test_set=True)
    assert len(openings("fashion-sample")) == before


def test_a_network_without_pixels_is_looked_at_by_its_gradient(experiment, trained):
    text = {"text": "flatten\nlinear classes"}
    folder = trained(experiment(network=text, recipe={"epochs": 0})).folder
    with pytest.raises(UsageError, match=r"has no layer with pixels: look with --saliency"):
        looks_of(folder.path)
    assert looks_of(folder.path, saliency=True, num_images=2).saliency.shape == (2, 28, 28)
