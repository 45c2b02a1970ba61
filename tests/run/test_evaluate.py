import numpy as np
import pytest

from imagette.data.views import views_of
from imagette.errors import UsageError
from imagette.run.evaluate import evaluate_run
from imagette.store.ledger import openings


def test_a_reloaded_run_scores_what_it_scored_at_its_end(experiment, trained):  # 000-08, 004-31
    ended = trained(experiment())
    _, before = ended.folder.read_evaluation("validation")
    assert evaluate_run(ended.folder.path) == ended.evaluation
    _, after = ended.folder.read_evaluation("validation")
    np.testing.assert_array_equal(before["logits"], after["logits"])


def test_images_are_normalised_by_what_the_run_kept(experiment, trained, monkeypatch):  # 003-06
    folder = trained(experiment()).folder
    before = folder.read_evaluation("validation")[1]["logits"]
    monkeypatch.setattr("imagette.data.preprocess.channel_statistics", None)
    evaluate_run(folder.path)
    np.testing.assert_array_equal(folder.read_evaluation("validation")[1]["logits"], before)


def test_any_split_can_be_measured_but_the_test_set_only_when_opened(experiment, trained):
    # 000-12, 003-14
    folder = trained(experiment()).folder
    assert evaluate_run(folder.path, "train").n == 300
    with pytest.raises(UsageError, match=r"^The test set is sealed: choose on validation"):
        evaluate_run(folder.path, "test")
    before = len(openings("fashion-sample"))
    assert evaluate_run(folder.path, "test", open_test_set=True).n == 2000
    assert len(openings("fashion-sample")) == before + 1


def test_rows_of_the_confusion_matrix_sum_to_the_classes(experiment, trained):  # 003-15
    evaluation = evaluate_run(trained(experiment()).folder.path, "test", open_test_set=True)
    assert [sum(row) for row in evaluation.confusion] == [200] * 10
    assert evaluation.num_misclassified == round(evaluation.error_rate * 2000)


def test_the_best_weights_can_be_measured(experiment, trained):
    folder = trained(experiment(recipe={"epochs": 3})).folder
    best = max(row["validation_accuracy"] for row in folder.history())
    assert evaluate_run(folder.path, which="best").accuracy == best


def test_a_run_without_validation_images_says_what_to_do(experiment, trained):
    folder = trained(experiment(data={"validation": 0}, recipe={"epochs": 0})).folder
    with pytest.raises(UsageError, match=r"without validation images .* take --split train"):
        evaluate_run(folder.path)


def test_an_opened_test_result_is_drawn_on_the_curves(experiment, trained):  # 000-13
    folder = trained(experiment()).folder
    before = (folder.path / "curves.png").read_bytes()
    evaluate_run(folder.path, "test", open_test_set=True)
    assert (folder.path / "curves.png").read_bytes() != before


def test_judging_again_keeps_what_the_run_spent(experiment, trained):
    folder = trained(experiment()).folder
    before, _ = folder.read_evaluation("validation")
    evaluate_run(folder.path)
    after, _ = folder.read_evaluation("validation")
    assert after == before


def test_the_best_weights_have_a_file_of_their_own(experiment, trained):
    folder = trained(experiment()).folder
    evaluate_run(folder.path, which="best")
    assert folder.read_evaluation("validation-best")[0]["checkpoint"] == folder.load("best").step


def test_training_images_are_judged_by_one_view(experiment, trained):
    ended = trained(experiment(data={"validation": 0.0}, evaluation={"views": 6}))
    assert ended.folder.read_evaluation("train")[0]["views"] == 1
    assert evaluate_run(ended.folder.path, "train") == ended.evaluation
    assert evaluate_run(ended.folder.path, "test", open_test_set=True).views == 6


def test_several_views_are_averaged_at_the_end_and_never_per_epoch(experiment, trained):  # 000-25
    plain = trained(experiment())
    ended = trained(experiment(evaluation={"views": 6}))
    assert ended.folder.history() == plain.folder.history()
    figures, arrays = ended.folder.read_evaluation("validation")
    assert (figures["views"], plain.evaluation.views) == (6, 1)
    assert figures["accuracy_single"] == plain.evaluation.accuracy
    dataset, weights = ended.prepared.dataset, ended.folder.load().weights
    views = list(views_of(6))
    logits = [
        ended.prepared.model.predict(weights, view.of(dataset.validation.images), 400)
        for view in views
    ]
    mean = np.average(logits, axis=0, weights=[view.weight for view in views])
    np.testing.assert_allclose(arrays["logits"], mean, atol=1e-5)
    right = mean.argmax(axis=1) == dataset.validation.labels
    assert figures["accuracy"] == ended.evaluation.accuracy == right.mean()
    assert evaluate_run(ended.folder.path) == ended.evaluation
