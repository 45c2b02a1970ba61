import json

import pytest

from imagette.cli.runs_text import show_lines
from imagette.errors import StoreError, TrainingError, UsageError
from imagette.run.runs import list_runs, note_run, remove_run, show_run, summary_of
from imagette.run.state import state_of
from imagette.run.train import resume, train_experiment
from imagette.store.folder import RunFolder
from imagette.store.lock import held
from imagette.train.events import EpochRow, Stop


def test_a_finished_run_in_a_row(experiment, trained):  # 001-39, 003-23
    ended = trained(experiment(data={"limit": 200}, network={"width": 2}))
    row = summary_of(ended.folder)
    assert (row.title, row.state.text, row.seed) == ("small", "finished", 0)
    assert (row.network, row.data) == ("own (text) x2", "fashion-sample")
    assert row.parameters == ended.prepared.graph.parameters
    assert row.operations == ended.prepared.graph.cost.total
    assert (row.epochs, row.epochs_asked) == (2, 2)
    assert (row.accuracy, row.split) == (ended.evaluation.accuracy, "validation")
    assert row.when == ended.folder.environment()["time"]


def test_parts_that_are_not_counted_are_named(make_run):
    run = make_run()
    assert summary_of(run).uncounted == ()
    (run.path / "cost.json").write_text(json.dumps({"uncounted": ["fft"], **run.cost()}))
    assert summary_of(run).as_json()["uncounted"] == ("fft",)
    assert "7,850 parameters, ≥ 15,680 operations" in "\n".join(show_lines(show_run(run.path)))


def stopped(experiment):
    """Trains until the first row, then asks for an end."""
    events, answer = train_experiment(experiment), None
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return
        answer = Stop("stopped by a test") if isinstance(event, EpochRow) else None


def test_a_stopped_run_says_why_and_can_be_resumed(experiment, tmp_path):
    stopped(experiment())
    folder = RunFolder.open(tmp_path / "runs" / "small")
    state = state_of(folder)
    assert (state.text, state.reason) == ("stopped, resumable", "stopped by a test")
    list(resume(folder.path))
    assert state_of(folder).text == "finished"


def test_a_failed_run_is_kept_with_its_reason(experiment, tmp_path):  # 001-39
    with pytest.raises(TrainingError):
        list(train_experiment(experiment(recipe={"optimiser": {"name": "sgd", "rate": 1e30}})))
    state = state_of(RunFolder.open(tmp_path / "runs" / "small"))
    assert state.word == "failed"
    assert state.reason.startswith("The loss became ")


def test_a_run_that_says_nothing_is_unfinished(make_run):
    state = state_of(make_run(finished=False))
    assert (state.text, state.reason) == ("unfinished", None)


def test_the_newest_run_comes_first(make_run, tmp_path):
    titles = ["one", "two", "three"]
    for title in titles:
        make_run(title=title)
    found = list_runs(tmp_path / "runs")
    assert [run.title for run in found.runs] == titles[::-1]
    assert found.remarks == ()


def test_what_is_judged_first_is_shown(make_run):
    course = make_run("c", splits=("train", "test"), evaluation={"test": "each-epoch"})
    assert (summary_of(course).split, summary_of(course).test_watched) == ("test", True)
    both = make_run("b", splits=("train", "validation", "test"))
    assert summary_of(both).split == "validation"
    assert summary_of(make_run("t", splits=("train",))).split == "train"
    assert summary_of(make_run("n", splits=())).accuracy is None


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("environment.json", b"{"),
        ("environment.json", b'{"format": 99}'),
        ("environment.json", b'{"who": "another program"}'),
        ("resolved.json", b'{"seed": 0}'),
        ("resolved.json", b"[]"),
        ("cost.json", None),
        ("history.jsonl", b"{}}\n"),
        ("history.jsonl", b'{"validation_accuracy": "good"}\n'),
        ("finished.json", b"\0"),
        ("notes.jsonl", b'{"when": 1}\n'),
    ],
)
def test_a_damaged_or_foreign_folder_is_named_and_the_rest_shown(make_run, tmp_path, file, data):
    good, bad = make_run("runs/good"), make_run("runs/bad")
    (bad.path / file).unlink(missing_ok=True)
    if data is not None:
        (bad.path / file).write_bytes(data)
    (tmp_path / "runs" / "mine").mkdir()
    found = list_runs(tmp_path / "runs")
    assert [run.path for run in found.runs] == [good.path]
    damaged, foreign = found.remarks
    assert str(bad.path) in damaged
    assert "\n" not in damaged
    assert foreign == f"{tmp_path / 'runs' / 'mine'} holds no run"


def test_a_damaged_run_alone_is_an_error(make_run):
    run = make_run()
    (run.path / "resolved.json").write_text("{}")
    with pytest.raises(StoreError, match=r" is damaged, a value is missing .* copy the run again$"):
        summary_of(run)


def test_a_run_is_shown_with_its_figures_and_notes(make_run):
    run = make_run(seconds=1.5)
    note_run(run.path, "  rate too high ")
    details = show_run(run.path)
    assert details.train_seconds == 0.0  # as finished.json says
    assert details.figures["validation_accuracy"] == 0.7
    assert [note.text for note in details.summary.notes] == ["rate too high"]
    assert show_run(make_run("u", seconds=1.5, finished=False).path).train_seconds == 3.0
    assert json.loads(json.dumps(details.as_json()))["summary"]["path"] == str(run.path)


def test_a_note_needs_words(make_run):
    with pytest.raises(UsageError, match=r"^A note needs words\. Got none; e\.g\. imagette note "):
        note_run(make_run().path, " \n")


def test_exactly_one_run_is_removed(make_run, tmp_path):
    kept, gone = make_run(), make_run()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data").write_bytes(b"x")
    (gone.path / "link").symlink_to(precious)
    assert remove_run(gone.path) == gone.path
    assert not gone.path.exists()
    assert list(gone.path.parent.iterdir()) == [kept.path]
    assert (precious / "data").read_bytes() == b"x"


def test_a_path_with_dots_removes_the_run_it_means(make_run):
    run = make_run()
    (run.path / "inner").mkdir()
    assert remove_run(run.path / "inner" / "..") == run.path
    assert not run.path.exists()


def test_what_is_no_run_is_not_removed(make_run, tmp_path):
    run = make_run()
    (tmp_path / "link").symlink_to(run.path)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "environment.json").write_text("{}")
    outer = make_run("outer")
    make_run("outer/inner/run")
    for path, message in [
        (tmp_path / "link", "is a link: name the folder that it leads to"),
        (tmp_path / "foreign", "is not a run folder"),
        (run.path.parent, "is not a run folder"),  # a title's
        (tmp_path / "absent", "is not a run folder"),
        (outer.path, "holds other runs, such as "),
    ]:
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(UsageError, match=message):
            remove_run(path)
        assert {path for path in tmp_path.rglob("*") if path.name != ".lock"} == set(before)


def test_a_run_under_way_is_not_removed(make_run):
    run = make_run()
    with held(run.path), pytest.raises(UsageError, match="is being trained by another process"):
        remove_run(run.path)
    assert run.path.is_dir()
