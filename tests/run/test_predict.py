"""Photographs are made here: things on a white page, lit unevenly, turned, noisy, as JPEG."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imagette.data.dataset import open_data
from imagette.errors import DataError, StoreError, UsageError
from imagette.evaluate.losses import probabilities
from imagette.evaluate.masks import activation_masks
from imagette.experiment import Experiment, load
from imagette.run.predict import predict_pictures
from imagette.run.train import train_experiment

STROKES = {  # of made-up digits, in a unit square
    "one": [[(0.5, 0), (0.5, 1)]],
    "seven": [[(0, 0), (1, 0), (0.3, 1)]],
    "four": [[(0.7, 1), (0.7, 0), (0, 0.7), (1, 0.7)]],
    "zero": [[(0.2, 0), (0.8, 0), (0.8, 1), (0.2, 1), (0.2, 0)]],
}


def drawn(name, rng, pixels):
    """Black strokes of a made-up digit on white, of its own size and thickness."""
    image = Image.new("L", (pixels, pixels), 255)
    pen = ImageDraw.Draw(image)
    side, width = pixels * rng.uniform(0.55, 0.75), pixels * rng.uniform(0.06, 0.11)
    for stroke in STROKES[name]:
        bent = [(x + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.06, 0.06)) for x, y in stroke]
        points = [((pixels - side) / 2 + side * x, (pixels - side) / 2 + side * y) for x, y in bent]
        pen.line(points, fill=0, width=round(width), joint="curve")
    return image.rotate(rng.uniform(-10, 10), Image.Resampling.BILINEAR, fillcolor=255)


def as_mnist(image):
    """Light on black, its longer side 20, its centre of mass in the middle of 28 x 28."""
    ink = 255 - np.asarray(image, np.float64)
    rows, columns = (np.flatnonzero((ink > 60).any(axis=axis)) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(1, round(20 * side / max(cut.shape))) for side in cut.shape)
    small = np.asarray(Image.fromarray(cut.astype(np.uint8)).resize((width, height)), np.float64)
    row, column = ((small * index).sum() / small.sum() for index in np.indices(small.shape))
    canvas = np.zeros((28, 28), np.uint8)
    top, left = round(13.5 - row), round(13.5 - column)
    canvas[top : top + height, left : left + width] = small
    return canvas


def photograph(thing, path, rng):
    """Grey levels of a thing on white, enlarged somewhere on a page, as a camera sees it."""
    times = rng.uniform(0.25, 0.55) * 900 / max(thing.size)
    large = thing.resize([round(side * times) for side in thing.size], Image.Resampling.BICUBIC)
    large = large.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, True, fillcolor=255)
    page = Image.new("L", (1200, 900), 255)
    place = [int(rng.integers(20, p - s - 20)) for p, s in zip(page.size, large.size, strict=True)]
    page.paste(large, place)
    across, down = np.linspace(0, 1, 1200), np.linspace(0, 1, 900)[:, None]
    light = 235 - 90 * (across if rng.random() < 0.5 else 1 - across) - 40 * down
    seen = (0.15 + 0.85 * np.asarray(page) / 255) * light + rng.normal(0, 6, (900, 1200))
    tint = np.array([1.0, 0.97, 0.9])
    colour = (seen[..., None] * tint).clip(0, 255).astype(np.uint8)
    Image.fromarray(colour).save(path, quality=70)
    return path


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A run on made-up digits, laid as MNIST's are."""
    folder, rng = tmp_path_factory.mktemp("digits"), np.random.default_rng(0)
    labels = np.arange(800) % len(STROKES)
    images = np.stack([as_mnist(drawn(list(STROKES)[label], rng, 84)) for label in labels])
    np.savez(folder / "digits.npz", images=images, labels=labels, class_names=list(STROKES))
    experiment = Experiment(
        data={"name": f"npz:{folder / 'digits.npz'}"},
        network={"text": "conv 6 5x5\nrelu\nmaxpool 2\nflatten\nlinear classes"},
        recipe={"epochs": 3, "batch": 16, "optimiser": "adam"},
        run={"folder": str(folder / "runs")},
    )
    return list(train_experiment(experiment))[-1]


def test_photographs_of_black_strokes_on_white_paper_are_recognised(made_up, tmp_path):
    rng, names = np.random.default_rng(1), [list(STROKES)[i % 4] for i in range(100)]
    paths = [
        photograph(drawn(name, rng, 280), tmp_path / f"{i}.jpg", rng)
        for i, name in enumerate(names)
    ]
    found = predict_pictures(made_up.folder.path, paths)
    right = [one.best == name for one, name in zip(found.predictions, names, strict=True)]
    print(f"right: {sum(right)} of {len(right)}")
    assert made_up.evaluation.accuracy > 0.95
    assert sum(right) >= 95


@pytest.mark.system
def test_photographs_of_mnists_own_digits_are_recognised(tmp_path, real_cache):
    experiment = load("cnn_mnist", [f"run.folder={tmp_path}", "recipe.epochs=1"])
    ended = list(train_experiment(experiment))[-1]
    digits, rng = open_data(experiment.data).validation[:300], np.random.default_rng(0)
    paths = [
        photograph(Image.fromarray(255 - image[..., 0]), tmp_path / f"{i}.jpg", rng)
        for i, image in enumerate(digits.images)
    ]
    found = predict_pictures(ended.folder.path, paths)
    right = [one.best == str(y) for one, y in zip(found.predictions, digits.labels, strict=True)]
    print(f"right: {sum(right)} of {len(right)}, on validation {ended.evaluation.accuracy:.1%}")
    assert sum(right) >= 282


def test_a_picture_of_the_sets_own_is_given_as_it_is(made_up, tmp_path):
    images = made_up.prepared.dataset.validation.images[:3]
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image[..., 0]).save(path)
    found = predict_pictures(made_up.folder.path, paths)
    weights, model = made_up.folder.load().weights, made_up.prepared.model
    expected = probabilities(model.predict(weights, images, 3))
    names = made_up.prepared.dataset.class_names
    for one, image, chances in zip(found.predictions, images, expected, strict=True):
        np.testing.assert_array_equal(one.given, image)
        assert one.probabilities == pytest.approx(dict(zip(names, chances, strict=True)), abs=1e-6)
    assert list(found.predictions[0].probabilities.values()) == sorted(expected[0])[::-1]
    activations = model.activations(weights, images, ["conv1"])["conv1"]
    assert found.layer == "conv1"
    masks = np.stack([one.mask for one in found.predictions])
    np.testing.assert_allclose(masks, activation_masks(activations), atol=1e-5)


def test_either_engine_predicts_the_same(made_up, tmp_path):
    rng = np.random.default_rng(2)
    path = photograph(drawn("seven", rng, 280), tmp_path / "a.jpg", rng)
    torch, jax = (
        predict_pictures(made_up.folder.path, [path], engine=engine).predictions[0]
        for engine in ("torch", "jax")
    )
    assert torch.probabilities == pytest.approx(jax.probabilities, abs=1e-5)
    np.testing.assert_allclose(torch.mask, jax.mask, atol=1e-4)


def test_clothes_photographed_on_white_are_turned_and_fill_their_frame(
    experiment, trained, tmp_path
):
    folder = trained(experiment(recipe={"epochs": 1})).folder
    image, rng = np.zeros((90, 90), np.uint8), np.random.default_rng(3)
    image[10:80, 30:60] = 255
    path = photograph(Image.fromarray(255 - image), tmp_path / "a.jpg", rng)
    found = predict_pictures(folder.path, [path])
    assert found.framing.centred == "box"
    rows = np.flatnonzero(found.predictions[0].given.max(axis=(1, 2)) > 127)
    assert len(rows) == 28


def test_without_the_training_images_their_recorded_mean_decides(made_up, tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    path = photograph(drawn("one", rng, 280), tmp_path / "a.jpg", rng)

    def gone(*_):
        raise DataError("digits.npz is gone.")

    monkeypatch.setattr("imagette.run.ready.open_data", gone)
    found = predict_pictures(made_up.folder.path, [path])
    assert found.notes == (
        "pictures are prepared by the training images' mean alone: digits.npz is gone.",
    )
    assert found.predictions[0].best == "one"


def test_every_picture_that_cannot_be_read_is_named_at_once(made_up, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    paths = [tmp_path / "gone.png", tmp_path / "text.png"]
    with pytest.raises(UsageError, match=r"gone.png' is not there.*text.png' is no picture"):
        predict_pictures(made_up.folder.path, paths)
    with pytest.raises(UsageError, match=r"gone.png' is not there"):
        predict_pictures(made_up.folder.path, paths[:1])


def test_a_wrong_layer_is_refused_with_the_nearest_name(made_up, tmp_path):
    with pytest.raises(UsageError, match=r"No layer is called 'conv2'. Did you mean 'conv1'\?"):
        predict_pictures(made_up.folder.path, [tmp_path / "a.png"], layer="conv2")
    with pytest.raises(UsageError, match=r"linear1 gives 4 numbers in a row, .* have: conv1, relu"):
        predict_pictures(made_up.folder.path, [tmp_path / "a.png"], layer="linear1")


def test_a_network_without_maps_has_no_mask(experiment, trained, tmp_path):
    text = {"text": "flatten\nlinear classes"}
    folder = trained(experiment(network=text, recipe={"epochs": 0})).folder
    Image.new("L", (28, 28)).save(tmp_path / "a.png")
    found = predict_pictures(folder.path, [tmp_path / "a.png"])
    assert (found.layer, found.predictions[0].mask) == (None, None)


def test_a_run_that_has_no_weights_yet_says_so(make_run, tmp_path):
    run = make_run(finished=False)
    with pytest.raises(UsageError, match=r"has no weights yet, it is unfinished: let it train"):
        predict_pictures(run.path, [tmp_path / "a.png"])


def test_a_run_that_was_stopped_answers_and_says_so(made_up, tmp_path):
    stopped = tmp_path / "stopped"
    shutil.copytree(made_up.folder.path, stopped)
    (stopped / "finished.json").unlink()
    rng = np.random.default_rng(5)
    path = photograph(drawn("four", rng, 280), tmp_path / "a.jpg", rng)
    (note,) = predict_pictures(stopped, [path]).notes
    assert note.endswith(f"resumable: weights of step {made_up.folder.load().step:,}")


def test_a_run_of_an_older_version_answers_and_one_of_a_newer_is_refused(made_up, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(made_up.folder.path, old)
    known = json.loads((old / "resolved.json").read_text())
    del known["recipe"]["averaging"], known["evaluation"]["views"]  # keys that came later
    (old / "resolved.json").write_text(json.dumps(known))
    rng = np.random.default_rng(6)
    path = photograph(drawn("zero", rng, 280), tmp_path / "a.jpg", rng)
    assert predict_pictures(old, [path]).predictions[0].best == "zero"
    made = json.loads((old / "environment.json").read_text())
    (old / "environment.json").write_text(json.dumps({**made, "format": 99}))
    with pytest.raises(StoreError, match=r"has format 99, newer than .*: update imagette"):
        predict_pictures(old, [path])
