"""What published runs come to: one row an experiment, with the interval of its mean."""

from statistics import fmean, stdev

import pytest

from imagette.errors import UsageError
from imagette.run.results import read_results
from imagette.store.published import MARK


@pytest.fixture
def result(make_run, tmp_path):
    """Makes up a published run of an experiment, judged on the test set."""

    def make(experiment, seed, accuracy, **sections):
        run = make_run(
            f"results/{experiment}/{seed}",
            accuracies=(0.1, accuracy),
            splits=("test",),
            seed=seed,
            evaluation={"test": "each-epoch"},
            **sections,
        )
        (run.path / MARK).write_text("{}")
        run.write_finished("done", 1, 1, {"train_seconds": 100.0, "setup_seconds": 20.0})
        return run

    return make


def test_seeds_become_one_row_with_students_interval(result, tmp_path):
    figures = [0.93, 0.94, 0.945]
    for seed, accuracy in enumerate(figures):
        result("soft", seed, accuracy)
    (row,) = read_results(tmp_path / "results")
    assert (row.experiment, row.seeds, row.epochs) == ("soft", (0, 1, 2), (1, 1, 1))
    assert (row.train_seconds, row.setup_seconds) == (100.0, 20.0)
    assert (row.parameters, row.multiplications) == (7850, 7840)
    assert row.watched
    assert row.accuracy.mean == pytest.approx(fmean(figures))
    half = 4.30265 * stdev(figures) / 3**0.5  # Student's t of 2 degrees of freedom, from a table
    assert row.interval == pytest.approx((fmean(figures) - half, fmean(figures) + half), abs=1e-6)


def test_one_seed_has_no_interval_and_a_sealed_one_no_accuracy(result, make_run, tmp_path):
    result("one", 0, 0.9)
    sealed = make_run("results/sealed/0")
    (sealed.path / MARK).write_text("{}")
    one, closed = read_results(tmp_path / "results")
    assert (one.interval, one.accuracy.n) == (None, 1)
    assert (closed.accuracy, closed.interval, closed.setup_seconds) == (None, None, None)


def test_runs_that_differ_by_more_than_their_seed_are_refused(result, tmp_path):
    result("soft", 0, 0.9)
    result("soft", 1, 0.9, recipe={"batch": 7})
    with pytest.raises(UsageError, match="differ by more than their seed"):
        read_results(tmp_path / "results")


def test_no_folder_is_no_result(tmp_path):
    assert read_results(tmp_path / "results") == ()
