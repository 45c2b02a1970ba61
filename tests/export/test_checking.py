"""A check that cannot fail is none: each of these files computes something else."""

from dataclasses import replace

import numpy as np
import pytest

from imagette.data.evenly import evenly
from imagette.errors import ExportError
from imagette.export.checking import checked
from imagette.export.format import ModelFile, Tensor


@pytest.fixture
def exact(examples):
    """A file that gives the engine's own logits, found by the pictures' bytes."""
    known = {
        image.tobytes(): logits
        for image, logits in zip(examples.images, examples.logits, strict=True)
    }
    return lambda images: np.stack([known[image.tobytes()] for image in images])


def model_of(run, **fields):
    side = (Tensor("image", "uint8", ("N", 28, 28, 1)),)
    return ModelFile("model.onnx", b"made up", run, side, side, latency={1: 1.0}, **fields)


def test_the_engines_own_logits_pass(exact, examples, trained):
    found = checked(model_of(exact), examples, trained.class_names)
    assert found.passed
    assert (found.largest_difference, found.changed) == (0.0, ())
    assert found.file_name == "model.onnx"
    assert set(found.differences) == {1, 64}


WRONG = {
    "a logit that is a little off": lambda run: lambda images: run(images) + np.float32(2e-4),
    "nothing but zeros": lambda run: lambda images: 0 * run(images),
    "what is not a number": lambda run: lambda images: run(images) * np.float32("nan"),
    "one image of a batch alone": lambda run: (
        lambda images: np.repeat(run(images[:1]), len(images), axis=0)
    ),
    "the pictures the wrong way": lambda run: lambda images: run(images)[:, ::-1],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_fails_and_is_named_so(wrong, exact, examples, trained):  # 004-T2, 004-38
    found = checked(model_of(WRONG[wrong](exact)), examples, trained.class_names)
    assert not found.passed
    assert found.fault
    assert found.file_name == "model.failed.onnx"


def test_a_file_of_another_shape_is_no_file_of_this_network(exact, examples, trained):
    with pytest.raises(ExportError, match=r"float32 \[1000, 9\] at batch 1 for logits"):
        checked(model_of(lambda images: exact(images)[:, 1:]), examples, trained.class_names)


def test_zeros_would_not_tell_a_wrong_file(exact, examples, trained):  # 004-T2
    """The images are real ones: no two of them alike, and none of them empty."""
    assert len({image.tobytes() for image in examples.images}) == len(examples.images)
    assert all(image.any() for image in examples.images)


def test_int8_is_judged_by_its_accuracy_and_its_changes_are_listed(exact, examples, trained):
    best = examples.logits.argmax(1)
    wrong = int(np.flatnonzero(best != examples.labels)[0])  # right or wrong, it counts the same
    target = examples.images[wrong].tobytes()

    def run(images):
        logits = exact(images).copy()
        for image, row in zip(images, logits, strict=True):
            if image.tobytes() == target:  # from one wrong class to another
                row[best[wrong]] = -100
                row[examples.labels[wrong]] = -100
        return logits

    found = checked(model_of(run, precision="int8"), examples, trained.class_names)
    assert found.passed
    assert found.accuracy_file == found.accuracy_engine
    (change,) = found.changed
    assert change.index == examples.rows[wrong]
    assert change.engine == trained.class_names[best[wrong]]


def test_int8_that_loses_more_than_half_a_point_fails(exact, examples, trained):
    def run(images):
        return np.roll(exact(images), 1, axis=1)

    found = checked(model_of(run, precision="int8"), examples, trained.class_names)
    assert "point apart" in found.fault


@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("factor", [0, np.nan])
def test_int8_that_is_wrong_at_one_batch_alone_fails(batch, factor, exact, examples, trained):
    # 004-T2
    def run(images):
        return exact(images) * np.float32(factor if len(images) == batch else 1)

    found = checked(model_of(run, precision="int8"), examples, trained.class_names)
    assert not found.passed


def test_a_latency_that_was_measured_elsewhere_is_taken(exact, examples, trained):
    model = replace(model_of(exact), latency={1: 2.5})
    assert checked(model, examples, trained.class_names).latency == {1: 2.5}


def test_images_are_evenly_apart():
    assert evenly(5000, 1000)[[0, -1]].tolist() == [0, 4999]
    assert len(set(evenly(5000, 1000))) == 1000
