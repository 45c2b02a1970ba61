"""A finished run becomes a result, which every command reads as the run that it was."""

import shutil

import pytest

from imagette.cli.main import main
from imagette.errors import UsageError
from imagette.network import cost_table
from imagette.run.compare import compare_runs
from imagette.run.evaluate import evaluate_run
from imagette.run.origin import Origin, read_origin
from imagette.run.publish import publish
from imagette.run.ready import ready
from imagette.run.report import report_run
from imagette.run.reproduce import reproduce
from imagette.run.runs import list_runs, show_run
from imagette.run.seal import seal_of_run
from imagette.run.train import resume
from imagette.store import published
from imagette.store.folder import RunFolder


@pytest.fixture(scope="module")
def result(small_run, tmp_path_factory):
    """The small run, its test set opened once, published."""
    folder = tmp_path_factory.mktemp("publish")
    run = shutil.copytree(small_run, folder / "run")
    evaluate_run(run, "test", open_test_set=True)
    return publish(run, folder / "results")


@pytest.fixture
def copied(result, tmp_path):
    """The result, to be written to."""
    return shutil.copytree(result.path, tmp_path / "results" / "small" / "0")


def last_of(events):
    try:
        while True:
            next(events)
    except StopIteration as ended:
        return ended.value


def test_it_lies_under_its_experiment_and_seed(result):
    assert result.path.parts[-3:] == ("results", "small", "0")
    assert result.remarks == ()
    held = sum(p.stat().st_size for p in result.path.rglob("*") if p.is_file())
    assert result.size_bytes == held


def test_a_result_that_is_there_stays_unless_asked(result, small_run):
    root = result.path.parents[1]
    with pytest.raises(UsageError, match="published already: give --overwrite"):
        publish(result.path, root)
    assert publish(result.path, root, overwrite=True).size_bytes > 0
    (root / "other" / "0").mkdir(parents=True)
    (root / "other" / "0" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="no published run: move it away"):
        publish(small_run, root, name="other", overwrite=True)


def test_a_run_that_has_not_finished_is_refused(make_run, tmp_path):
    run = make_run("begun", finished=False)
    with pytest.raises(UsageError, match="finished runs alone are published"):
        publish(run.path, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_test_set_still_sealed_is_told(small_run, tmp_path):
    (remark,) = publish(small_run, tmp_path / "results", name="of mine").remarks
    assert "was not judged on the test set" in remark
    assert (tmp_path / "results" / "of-mine" / "0").is_dir()


def test_what_the_given_file_says_of_folders_and_trackers_is_told(result, tmp_path):
    run = shutil.copytree(result.path, tmp_path / "run")
    (run / "experiment.toml").write_text('[run]\nfolder = "a"\ntrack = ["wandb"]\n')
    (remark,) = publish(run, tmp_path / "results").remarks
    assert remark.startswith("experiment.toml is published as it was given, with the folder and ")


def test_it_is_listed_shown_and_compared(result, small_run):
    (row,) = list_runs(result.path.parents[1]).runs
    assert (row.title, row.state.word, row.seed) == ("small", "finished", 0)
    details = show_run(result.path)
    assert details.train_seconds == show_run(small_run).train_seconds
    (variant,) = compare_runs([result.path, small_run]).variants
    assert len(variant.runs) == 2


def test_runs_without_their_predictions_are_compared_all_the_same(small_run, tmp_path, monkeypatch):
    monkeypatch.setattr(published, "LARGEST_PREDICTIONS", 0)
    bare = publish(small_run, tmp_path / "results")
    assert not list(bare.path.rglob("*.npz"))
    (variant,) = compare_runs([bare.path]).variants
    assert variant.accuracy.n == 1


@pytest.fixture
def weightless(small_run, tmp_path, monkeypatch):
    """The small run, published as one whose weights are too large."""
    monkeypatch.setattr(published, "LARGEST_WEIGHTS", 0)
    return publish(small_run, tmp_path / "large").path


def test_without_weights_it_is_shown_reported_and_reproduced(weightless, tmp_path):
    assert show_run(weightless).checkpoints == ()
    assert "small" in report_run(weightless, out=tmp_path / "r.html").read_text("utf-8")
    assert main(["describe", str(weightless)]) == 0
    found = last_of(reproduce(weightless, tmp_path / "again"))
    assert (found.difference, found.rows, found.checkpoints) == (None, 2, ())


@pytest.mark.parametrize("needing", [ready, evaluate_run, lambda path: read_origin(Origin(path))])
def test_what_needs_its_weights_says_how_to_have_them(needing, weightless):
    with pytest.raises(UsageError, match=r"published without its weights, .* imagette reproduce "):
        needing(weightless)


def test_it_is_judged_again_with_the_same_result_and_openings_are_on_record(copied, small_run):
    known = RunFolder.open(copied).evaluation_figures("test")
    assert evaluate_run(copied).accuracy == evaluate_run(small_run).accuracy
    with pytest.raises(UsageError, match="sealed"):
        evaluate_run(copied, "test")
    assert evaluate_run(copied, "test", open_test_set=True).accuracy == known["accuracy"]
    assert len(RunFolder.open(copied).ledger()) == 2
    assert seal_of_run(copied).unknown == 0


def test_its_weights_are_ready_and_begin_another_run(copied):
    opened = ready(copied)
    cost = RunFolder.open(copied).cost()
    assert cost_table(opened.graph).parameters == cost["parameters"]
    given = read_origin(Origin(copied)).weights(opened.graph)
    assert given.keys() == opened.saved.weights.keys()


def test_it_cannot_go_on(result):
    with pytest.raises(UsageError, match="published run, without the optimiser's state"):
        next(resume(result.path))


def test_it_is_reproduced_bit_for_bit_from_its_folder_alone(result, tmp_path):  # 000-14
    found = last_of(reproduce(result.path, tmp_path / "again"))
    step = RunFolder.open(result.path).load().step
    assert (found.difference, found.rows, found.checkpoints) == (None, 2, (step,))
    first = last_of(reproduce(result.path, tmp_path / "first", steps=0))
    assert (first.difference, first.rows) == (None, 1)
