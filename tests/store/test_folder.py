import json
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from imagette.errors import StoreError, UsageError
from imagette.store.evaluation_files import write_evaluation
from imagette.store.folder import RunFolder

Save = Callable[[int], str]


def create(root: Path, title: str = "vgg8", out: Path | None = None) -> RunFolder:
    return RunFolder.create(root, title, None, {}, "", {}, {}, out=out)


def test_a_new_run_holds_what_is_known_at_the_start(run: RunFolder) -> None:
    # 004-25, 004-26, 004-29
    assert run.path.parent.name == "softmax"
    assert (run.path / "experiment.toml").read_bytes() == b"seed = 0\n"
    assert run.resolved() == {"seed": 0}
    assert run.network_text() == "flatten\nlinear classes\n"
    assert run.cost() == {"parameters": 1570}
    assert run.environment() == {"format": 1, "python": "3.11"}


def test_out_names_the_folder_exactly(tmp_path: Path) -> None:  # 000-07
    (tmp_path / "empty").mkdir()
    assert create(tmp_path, out=tmp_path / "empty").path == tmp_path / "empty"
    assert create(tmp_path, out=tmp_path / "deep" / "new").path == tmp_path / "deep" / "new"


@pytest.mark.parametrize("name", ["folder", "file"])
def test_what_is_there_is_never_written_over(tmp_path: Path, name: str) -> None:  # 000-07, 004-T4
    (tmp_path / "folder").mkdir()
    for file in ("folder/mine", "file"):
        (tmp_path / file).write_bytes(b"precious")
    with pytest.raises(UsageError) as caught:
        create(tmp_path, out=tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name} exists and is not empty: name another folder, or remove it"
    )


def test_two_runs_of_one_title_stay_apart_and_the_title_opens_the_newest(tmp_path: Path) -> None:
    runs = [create(tmp_path) for _ in range(2)]
    newest = max(runs, key=lambda run: run.path.name)
    assert runs[0].path != runs[1].path
    assert RunFolder.open(tmp_path / "vgg8") == newest
    assert RunFolder.open(runs[0].path) == runs[0]


def test_what_is_no_run_is_refused_with_the_near_miss(tmp_path: Path) -> None:
    create(tmp_path, "vgg8")
    (tmp_path / "vgg99").mkdir()  # it holds no run
    with pytest.raises(UsageError) as caught:
        RunFolder.open(tmp_path / "vgg9")
    assert str(caught.value) == (
        f"{tmp_path / 'vgg9'} is not a run: no environment.json in it or just below. "
        f"In {tmp_path}: Did you mean 'vgg8'? Choices: vgg8."
    )


def test_a_run_of_a_newer_format_is_refused(run: RunFolder) -> None:
    (run.path / "environment.json").write_text('{"format": 99}')
    with pytest.raises(StoreError, match="has format 99, newer than 1"):
        RunFolder.open(run.path)


def test_rows_are_appended_and_read_back(run: RunFolder) -> None:  # 004-23
    run.append_history({"epoch": 0, "step": 0})
    run.append_timing({"epoch": 0, "train_seconds": 0.0})
    run.append_decision({"what": "threads", "value": 2})
    run.append_log("epoch 0")
    assert run.history() == [{"epoch": 0, "step": 0}]
    assert run.timings() == [{"epoch": 0, "train_seconds": 0.0}]
    assert run.decisions() == [{"what": "threads", "value": 2}]
    assert run.log_path.read_text() == "epoch 0\n"  # 004-28


def test_rewinding_keeps_what_lies_before_the_checkpoint(run: RunFolder) -> None:  # 004-32
    for epoch in range(4):
        run.append_history({"epoch": epoch, "step": 10 * epoch})
        run.append_timing({"epoch": epoch, "train_seconds": 1.0})
        run.append_decision({"what": "threads", "value": epoch})
    first_lines = (run.path / "history.jsonl").read_bytes().splitlines(keepends=True)[:3]
    run.write_finished("stopped", epochs=3, step=30, spent={"seconds": 1.5})
    assert run.rewind(25) == ()
    assert (run.path / "history.jsonl").read_bytes() == b"".join(first_lines)
    assert [row["epoch"] for row in run.timings()] == [0, 1, 2]
    assert len(run.decisions()) == 4
    assert run.finished() is None


def test_rewinding_says_which_line_was_torn(run: RunFolder) -> None:
    run.append_history({"epoch": 0, "step": 0})
    path = run.path / "timings.jsonl"
    path.write_bytes(b'{"epo')
    assert run.rewind(0) == (f"{path}: dropped its last line, torn after 5 bytes",)
    assert run.timings() == []


def test_last_is_the_checkpoint_written_last_and_best_the_one_marked(
    run: RunFolder, save: Save
) -> None:  # 004-27
    digests = {step: save(step) for step in (10, 20, 100)}
    run.checkpoints.mark("best", 20)
    assert (run.load("last").step, run.load("best").step) == (100, 20)
    assert run.checkpoints.steps() == (10, 20, 100)
    assert json.loads((run.path / "best.json").read_text()) == {"step": 20, "digest": digests[20]}


def test_a_checkpoint_that_was_never_marked_is_an_error(run: RunFolder, save: Save) -> None:
    save(10)  # 004-T3
    with pytest.raises(StoreError) as caught:
        run.load("best")
    assert str(caught.value) == f"{run.path} has no best checkpoint; those by step: 10"


def test_a_checkpoint_that_is_missing_is_an_error(run: RunFolder) -> None:  # 004-T3
    with pytest.raises(StoreError) as caught:
        run.load(10)
    path = run.path / "checkpoints" / "10"
    assert str(caught.value) == f"checkpoint {path} is missing: choose another step, or train again"


def test_a_checkpoint_put_in_the_place_of_the_best_is_refused(run: RunFolder, save: Save) -> None:
    save(10)  # 004-31
    (run.path / "best.json").write_text('{"step": 10, "digest": "0000"}')
    with pytest.raises(StoreError, match=r"is not the one that best\.json names"):
        run.load("best")


def test_the_newest_good_checkpoint_needs_no_words(run: RunFolder, save: Save) -> None:
    save(10)
    save(20)
    saved, message = run.checkpoints.newest_good()
    assert (saved.step, message) == (20, None)


def test_a_bad_checkpoint_falls_back_to_the_one_before_and_says_so(
    run: RunFolder, save: Save
) -> None:  # 004-32
    save(10)
    save(20)
    bad = run.path / "checkpoints/20/meta.json"
    bad.write_bytes(b"{")
    saved, message = run.checkpoints.newest_good()
    assert saved.step == 10
    assert message == (
        f"{bad} is damaged, not JSON: copy it again from the source. Going back to step 10."
    )


def test_without_a_good_checkpoint_nothing_resumes(run: RunFolder) -> None:  # 004-T3
    with pytest.raises(StoreError) as caught:
        run.checkpoints.newest_good()
    assert str(caught.value) == (
        f"{run.path} has no checkpoint to go on from: there is none. Train it again."
    )


def test_pruning_keeps_the_newest_and_always_last_and_best(run: RunFolder, save: Save) -> None:
    for step in range(10, 60, 10):
        save(step)
    run.checkpoints.mark("best", 20)
    assert run.checkpoints.prune(keep=2) == (10, 30)
    assert run.checkpoints.steps() == (20, 40, 50)
    assert run.load("best").step == 20
    assert run.checkpoints.prune(keep=1) == (40,)


def test_the_only_checkpoint_is_never_pruned(run: RunFolder, save: Save) -> None:
    save(10)
    assert run.checkpoints.prune(keep=1) == ()
    with pytest.raises(UsageError, match=r"must be at least 1\. Got 0\."):
        run.checkpoints.prune(keep=0)


def test_a_run_says_how_it_ended(run: RunFolder) -> None:
    assert run.finished() is None
    run.write_finished("all epochs done", epochs=2, step=40, spent={"train_seconds": 3.5})
    assert run.finished() == {
        "reason": "all epochs done",
        "epochs": 2,
        "step": 40,
        "spent": {"train_seconds": 3.5},
    }


def test_a_picture_is_written_into_the_run(run: RunFolder) -> None:  # 000-27
    assert run.write_picture("curves.png", b"\x89PNG").read_bytes() == b"\x89PNG"


def test_a_title_alone_is_looked_for_below_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    create(tmp_path / "runs", "vgg8")
    with pytest.raises(UsageError, match=r"In runs: Did you mean 'vgg8'\?"):
        RunFolder.open(Path("vgg"))
    with pytest.raises(UsageError, match=r"just below\. Did you mean 'runs/vgg8'\?"):
        RunFolder.open(Path("vgg8"))


def test_going_back_waits_for_an_evaluation_that_is_being_written(
    run: RunFolder, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has half written is no rest of a killed process."""
    save(10)
    going_back = Thread(target=run.rewind, args=(10,))

    def sweep_meanwhile(*arguments: object) -> None:
        going_back.start()
        going_back.join(0.2)
        assert going_back.is_alive()
        write_evaluation(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("imagette.store.folder.write_evaluation", sweep_meanwhile)
    run.write_evaluation("validation", {"accuracy": 0.5}, {})
    going_back.join()
    assert run.evaluated() == ("validation",)
