"""A run that comes with imagette is `pretrained:NAME` wherever a run is named; none is changed."""

import json
import shutil
from pathlib import Path

import pytest

from imagette.cli.main import main
from imagette.errors import StoreError, UsageError
from imagette.run.compare import compare_runs
from imagette.run.evaluate import evaluate_run
from imagette.run.export import export_run
from imagette.run.origin import Origin, origin_of, read_origin
from imagette.run.publish import publish
from imagette.run.ready import ready
from imagette.run.runs import note_run, show_run
from imagette.run.seal import seal_of_run
from imagette.run.train import resume
from imagette.store import naming
from imagette.store.folder import RunFolder
from imagette.store.own_copy import own_copy
from imagette.store.published import is_published
from imagette.store.whole import write_whole_folder

TINY = "pretrained:tiny"
KINDS = ("overfitted", "regularised")


@pytest.fixture(scope="module")
def shipped(small_run, tmp_path_factory):
    """A folder as the package's own, with one published run in it."""
    folder = tmp_path_factory.mktemp("shipped")
    result = publish(small_run, folder / "results")
    shutil.copytree(result.path, folder / "pretrained" / "tiny")
    return folder / "pretrained"


@pytest.fixture(autouse=True)
def elsewhere(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(naming, "pretrained_folder", lambda: shipped)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True, scope="module")
def unwritten(shipped):
    def listed():
        return {path: path.stat().st_mtime_ns for path in shipped.rglob("*")}

    before = listed()
    yield
    assert listed() == before


def test_it_is_loaded_evaluated_and_compared_by_its_name(small_run):
    assert show_run(Path(TINY)).summary.title == "small"
    assert ready(TINY).class_names == ready(small_run).class_names
    (variant,) = compare_runs([Path(TINY), small_run]).variants
    assert len(variant.runs) == 2
    assert evaluate_run(TINY).accuracy == evaluate_run(small_run).accuracy


def test_its_curves_come_with_it(shipped, small_run):
    rows = RunFolder.open(Path(TINY)).history()
    assert rows == RunFolder.open(small_run).history()
    assert {"train_loss", "validation_loss", "validation_accuracy"} <= rows[-1].keys()


def test_another_training_begins_with_its_weights(shipped):  # 004-09
    given = read_origin(Origin(Path(TINY)))
    assert given.account == {"run": TINY, "reset": []}
    assert str(origin_of(given.account).path) == TINY
    opened = ready(TINY)
    assert given.weights(opened.graph).keys() == opened.saved.weights.keys()


def test_what_comes_of_it_goes_to_a_copy_which_is_told_once(capsys):
    place = Path("runs") / "pretrained" / "tiny" / "0"
    evaluate_run(TINY, "test", open_test_set=True)
    told = capsys.readouterr().err.splitlines()
    assert f"imagette: {TINY} was copied to {place}, where what comes of it is kept" in told
    assert len(RunFolder.open(place).ledger()) == 1
    assert seal_of_run(Path(TINY)).unknown == 0
    note_run(Path(TINY), "good")
    assert RunFolder.open(place).notes()[0]["text"] == "good"
    assert "copied" not in capsys.readouterr().err


def test_a_copy_of_another_version_is_not_taken_for_it():
    place = own_copy(TINY)
    last = json.loads((place / "last.json").read_text())
    (place / "last.json").write_text(json.dumps({**last, "digest": "0" * 64}))
    with pytest.raises(UsageError, match="no copy of pretrained:tiny, or of other weights: move"):
        own_copy(TINY)
    shutil.rmtree(place)
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="move it away"):
        own_copy(TINY)
    assert (place / "mine.txt").read_text() == "mine"


def test_of_two_processes_that_copy_it_at_once_both_go_on(monkeypatch, capsys):
    def after_another(place, files):
        write_whole_folder(place, files)
        write_whole_folder(place, files)

    monkeypatch.setattr("imagette.store.own_copy.write_whole_folder", after_another)
    assert RunFolder.open(own_copy(TINY)).load().weights
    assert "copied" not in capsys.readouterr().err


def test_where_no_copy_can_be_written_it_is_still_looked_at_and_exported_elsewhere(tmp_path):
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(StoreError, match=r"runs.* change to a folder that you may write in\.$"):
        evaluate_run(TINY)
    assert ready(TINY).saved.weights
    (ended,) = export_run(TINY, ["torch"], out=tmp_path / "o")
    assert ended.passed


def test_an_unknown_name_gets_the_near_miss_and_the_known_ones(monkeypatch, tmp_path):
    told = r"^No pretrained run is called 'tini'\. Did you mean 'tiny'\? Choices: tiny\.$"
    with pytest.raises(UsageError, match=told):
        RunFolder.open(Path("pretrained:tini"))
    monkeypatch.setattr(naming, "pretrained_folder", lambda: tmp_path / "none")
    with pytest.raises(UsageError, match="This version brings none"):
        evaluate_run(TINY)


def test_it_cannot_go_on():
    with pytest.raises(UsageError, match="published run"):
        next(resume(TINY))


def test_the_commands_take_its_name(capsys):
    assert main(["describe", TINY]) == 0
    assert "conv1" in capsys.readouterr().out
    assert main(["runs", "show", TINY]) == 0
    assert main(["dissect", TINY, "--image", "1"]) == 0
    assert main(["runs", "remove", TINY, "--yes"]) == 2
    assert main(["describe", "pretrained:none"]) == 2
    assert "Choices: tiny." in capsys.readouterr().err


def lacks(name):
    """What a run lacks to come with imagette."""
    found = RunFolder.open(Path(f"pretrained:{name}"))
    has = {"end": found.finished(), "mark": is_published(found), "weights": found.load().weights}
    return [what for what, value in has.items() if not value]


def test_the_runs_that_come_with_imagette_are_published_ones_with_weights(monkeypatch, small_run):
    assert lacks("tiny") == []
    with monkeypatch.context() as patch:
        patch.setattr(naming, "pretrained_folder", lambda: small_run.parent)
        assert lacks(small_run.name) == ["mark"]
    monkeypatch.undo()  # from here on, those of the package
    assert {name: lacks(name) for name in naming.pretrained_names() if lacks(name)} == {}


def test_two_vgg8_come_with_it_and_their_curves_tell_which_learnt_by_heart(monkeypatch):  # 000-09
    monkeypatch.undo()
    runs = {kind: RunFolder.open(Path(f"pretrained:vgg8_{kind}")) for kind in KINDS}
    losses = {kind: [row["validation_loss"] for row in run.history()] for kind, run in runs.items()}
    last = {kind: run.history()[-1] for kind, run in runs.items()}
    for run in runs.values():
        assert sum(value.size for value in run.load().weights.values()) == 551_722 + 1_152
    assert losses["overfitted"][-1] > 1.1 * min(losses["overfitted"])
    assert losses["regularised"][-1] < 1.1 * min(losses["regularised"])
    overfitted, regularised = (last[kind] for kind in KINDS)
    assert overfitted["train_accuracy"] > regularised["train_accuracy"]
    assert overfitted["validation_accuracy"] < regularised["validation_accuracy"]


@pytest.mark.parametrize(("kind", "of_the_source"), [("overfitted", 0.79), ("regularised", 0.83)])
def test_they_are_better_than_their_source_in_far_fewer_epochs(kind, of_the_source, monkeypatch):
    # 000-28
    monkeypatch.undo()
    run = RunFolder.open(Path(f"pretrained:vgg8_{kind}"))
    figures = json.loads((run.path / "evaluation" / "test.json").read_text())
    assert figures["n"] == 10_000
    assert figures["accuracy"] > of_the_source
    assert run.history()[-1]["epoch"] < 300 / 10
