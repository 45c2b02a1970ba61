import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.evaluate.losses import cross_entropy
from imagette.run.evaluate import evaluate_run
from imagette.run.prepare import prepare


def test_balanced_weights_are_counted_once_and_kept_by_the_run(experiment, trained):
    loss = {"name": "cross_entropy", "class_weights": "balanced"}
    ended = trained(experiment(recipe={"loss": loss, "epochs": 1}))
    kept = ended.folder.resolved()["recipe"]["loss"]["class_weights"]
    labels = ended.prepared.dataset.train.labels
    np.testing.assert_allclose(kept, len(labels) / (10 * np.bincount(labels)))
    judged = evaluate_run(ended.folder.path, "validation")
    _, arrays = ended.folder.read_evaluation("validation")
    each = cross_entropy(arrays["logits"], arrays["labels"]) * np.array(kept)[arrays["labels"]]
    assert judged.loss == pytest.approx(each.mean())


def test_a_wrong_number_of_weights_is_refused_before_anything_is_written(experiment):
    loss = {"name": "cross_entropy", "class_weights": [1, 2]}
    with pytest.raises(UsageError, match=r"^recipe\.loss\.class_weights must have one weight for"):
        prepare(experiment(recipe={"loss": loss}))
