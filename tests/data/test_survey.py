import json

import numpy as np
import pytest

from imagette.data.dataset import Dataset
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.data.survey import survey, survey_of


@pytest.fixture
def found(images):
    pictures = images(12)
    train = Split(pictures[:8], np.array([0, 0, 0, 0, 0, 0, 1, 1], np.int32))
    validation = Split(pictures[8:10], np.array([0, 1], np.int32))
    test = Split(pictures[[9, 10, 3, 11]], np.array([0, 1, 0, 1], np.int32))
    data = Dataset("made", train, validation, ("cat", "dog"), "digest", "here")
    return survey(data, Split(pictures[:10], np.zeros(10, np.int32)), test)


def test_proportions_stand_side_by_side_and_imbalance_is_flagged(found):
    # 002-06
    assert found.proportions("train") == (0.75, 0.25)
    assert found.proportions("test") == (0.5, 0.5)
    assert found.imbalanced == ("train",)


def test_equal_pictures_of_train_and_test_are_found(found):
    assert found.equal_in_test == ((9, 0), (3, 2))


def test_a_survey_can_be_written_as_json(found):
    values = json.loads(json.dumps(found.as_json()))
    assert values["counts"]["train"] == [6, 2]
    assert values["input_shape"] == [1, 4, 5]


def test_a_frame_has_the_splits_side_by_side(found):
    # 002-06
    frame = found.frame()
    assert frame.row(0, named=True) == {
        "label": 0,
        "class": "cat",
        "train": 6,
        "train_share": 0.75,
        "validation": 1,
        "validation_share": 0.5,
        "test": 2,
        "test_share": 0.5,
    }


def test_one_call_surveys_a_named_set(cache):
    # 002-06
    found = survey_of(DataSpec(limit=500))
    assert {split: sum(counts) for split, counts in found.counts.items()} == {
        "train": 500,
        "validation": 1000,
        "test": 2000,
    }
    assert found.imbalanced == ()
