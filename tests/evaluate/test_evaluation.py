import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from imagette.errors import DataError
from imagette.evaluate.evaluation import ClassAccuracy, Evaluation, evaluate
from imagette.evaluate.losses import cross_entropy, mse
from imagette.evaluate.metrics import interval, top_k
from imagette.evaluate.predictions import Predictions

NAMES = ["cat", "dog", "frog"]
TWENTY = [f"class {number}" for number in range(20)]


def test_an_evaluation_says_what_each_figure_is(seen: Predictions) -> None:  # 001-13, 002-23
    found = evaluate(seen, NAMES)
    assert (found.accuracy, found.error_rate, found.n, found.num_misclassified) == (0.5, 0.5, 6, 3)
    assert found.interval == interval(3, 6)
    assert found.per_class["dog"] == ClassAccuracy(0.5, interval(1, 2), 2)
    assert found.confusion == ((2, 1, 0), (0, 1, 1), (1, 0, 0))
    assert found.loss == cross_entropy(seen.logits, seen.labels).mean()


def test_the_loss_is_the_one_asked_for(seen: Predictions) -> None:  # 004-06
    assert evaluate(seen, NAMES, loss=mse).loss == mse(seen.logits, seen.labels).mean()


def test_top_5_is_given_only_where_there_are_more_than_ten_classes(
    seen: Predictions, twenty: Predictions
) -> None:
    assert "top5" not in evaluate(seen, NAMES).as_json()
    assert evaluate(twenty, TWENTY).as_json()["top5"] == top_k(twenty, 5)


def test_the_json_has_the_fields_that_others_rely_on(twenty: Predictions) -> None:
    fields = evaluate(twenty, TWENTY).as_json()
    shared = {"accuracy", "views", "accuracy_single", "interval", "per_class", "confusion", "n"}
    assert shared < fields.keys()
    assert fields["per_class"]["class 3"].keys() == {"accuracy", "interval", "n"}


def test_an_evaluation_survives_json(seen: Predictions, twenty: Predictions) -> None:
    for one in (evaluate(seen, NAMES), evaluate(twenty, TWENTY)):
        text = json.dumps({**one.as_json(), "train_seconds": 1.0}, allow_nan=False)
        assert Evaluation.from_json(json.loads(text)) == one


def test_a_class_without_images_has_no_accuracy() -> None:
    predictions = Predictions(np.eye(2, dtype=np.float32), np.array([0, 0], np.int32))
    dog = evaluate(predictions, ["cat", "dog"]).per_class["dog"]
    assert dog == ClassAccuracy(None, (0.0, 1.0), 0)


def test_a_field_that_is_missing_is_named(seen: Predictions) -> None:
    fields = evaluate(seen, NAMES).as_json()
    del fields["confusion"]
    with pytest.raises(DataError) as caught:
        Evaluation.from_json(fields)
    assert str(caught.value) == "An evaluation is damaged ('confusion'): evaluate the run again"


def test_an_evaluation_cannot_be_changed(seen: Predictions) -> None:
    with pytest.raises(FrozenInstanceError):
        evaluate(seen, NAMES).accuracy = 1.0  # type: ignore[misc]
