import numpy as np
import pytest

from imagette.evaluate.evaluation import Evaluation, evaluate
from imagette.evaluate.predictions import Predictions
from imagette.report.confusion import classes_figure, confusion_figure
from imagette.report.curves import figure_bytes
from imagette.report.language import language


def judged(classes: int, names: list[str] | None = None) -> Evaluation:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, 40 * classes).astype(np.int32)
    logits = rng.normal(size=(len(labels), classes)) + 2.5 * np.eye(classes)[labels]
    seen = Predictions(logits.astype(np.float32), labels)
    return evaluate(seen, names or [f"class {n}" for n in range(classes)])


def test_ten_classes_have_their_counts():  # 003-15
    evaluation = judged(10)
    (axes,) = confusion_figure(evaluation).axes
    numbers = {text.get_position()[::-1]: text.get_text() for text in axes.texts}
    for (row, column), count in np.ndenumerate(np.array(evaluation.confusion)):
        assert numbers.get((row, column), "0") == str(count)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(evaluation.per_class)


def test_a_hundred_classes_have_no_numbers_and_few_names():
    (axes,) = confusion_figure(judged(100)).axes
    assert not axes.texts
    assert len(axes.get_xticklabels()) == len(axes.get_yticklabels()) == 50
    assert np.asarray(axes.images[0].get_array()).shape == (100, 100, 4)


def test_right_and_wrong_are_of_two_colours_as_strong_as_their_share():
    evaluation = judged(3)
    colours = np.asarray(confusion_figure(evaluation).axes[0].images[0].get_array())
    counts = np.array(evaluation.confusion)
    assert (colours[0, 0, :3] != colours[0, 1, :3]).any()
    assert colours[1, 1, 3] == pytest.approx(counts[1, 1] / counts[1].sum())


def test_bars_of_classes_are_as_long_as_their_accuracy():  # 001-13
    evaluation = judged(4)
    (axes,) = classes_figure(evaluation).axes
    accuracies = [one.accuracy for one in evaluation.per_class.values()]
    assert [bar.get_width() for bar in axes.patches] == accuracies
    (sorted_axes,) = classes_figure(evaluation, by_accuracy=True).axes
    assert [bar.get_width() for bar in sorted_axes.patches] == sorted(accuracies, reverse=True)


def test_names_of_others_are_drawn_as_they_are():
    hostile = ["$x$", "a\nb", "<b>" * 40]
    (axes,) = confusion_figure(judged(3, hostile)).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()][:2] == ["$x$", "a b"]
    assert figure_bytes(classes_figure(judged(3, hostile))) == figure_bytes(
        classes_figure(judged(3, hostile))
    )


def test_french_is_french():
    assert confusion_figure(judged(3), language("fr")).axes[0].get_ylabel() == "classe réelle"
