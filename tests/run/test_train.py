import errno
import json
import os
import shutil

import numpy as np
import pytest

from imagette.errors import DataError, StoreError, TrainingError, UsageError
from imagette.run.evaluate import evaluate_run
from imagette.run.origin import Origin
from imagette.run.train import Begun, Ended, resume, train_experiment
from imagette.store.folder import RunFolder
from imagette.store.ledger import openings
from imagette.train.events import Checkpoint, Decision, Finished, Progress, Remark, Stop
from imagette.train.plan import Planner


def tensors(folder):
    saved = folder.load("last")
    return {**saved.weights, **saved.state}


def test_a_run_folder_holds_what_the_contracts_say(experiment, trained, tmp_path):
    # 000-06, 000-07, 004-25, 004-27, 004-28, 004-29
    source = tmp_path / "small.toml"
    source.write_text("seed = 0\n")
    ended = trained(experiment(), source=source)
    assert isinstance(ended, Ended)
    found = {str(p.relative_to(ended.folder.path)) for p in ended.folder.path.rglob("*")}
    assert {
        "experiment.toml", "resolved.json", "network.txt", "cost.json", "environment.json",
        "history.jsonl", "timings.jsonl", "log.txt", "last.json", "best.json", "finished.json",
        "curves.png", "evaluation/validation.json", "evaluation/validation.npz",
        "checkpoints/10/weights.safetensors", "checkpoints/10/state.safetensors",
        "checkpoints/10/meta.json",
    } <= found  # fmt: skip
    assert (ended.folder.path / "experiment.toml").read_text() == "seed = 0\n"


def test_history_has_a_row_before_training_and_one_an_epoch(experiment, trained):  # 001-11, 001-12
    rows = trained(experiment()).folder.history()
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert list(rows[1]) == [
        "epoch", "step", "images", "rate",
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    ]  # fmt: skip


def test_the_evaluation_file_has_what_the_contracts_name(experiment, trained):  # 003-15, 001-13
    ended = trained(experiment(evaluation={"metrics": ["macro_f1"]}))
    figures, arrays = ended.folder.read_evaluation("validation")
    assert {
        "accuracy", "views", "accuracy_single", "interval", "per_class", "confusion", "n",
        "train_seconds", "setup_seconds",
    } <= set(figures)  # fmt: skip
    assert list(figures["metrics"]) == ["macro_f1"]
    assert arrays["logits"].shape == (figures["n"], 10)
    assert arrays["image_digests"].shape == (figures["n"], 32)
    assert (arrays["logits"].argmax(1) == arrays["labels"]).mean() == figures["accuracy"]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(experiment, trained):
    # 000-14
    first, second, other = (trained(experiment(seed=seed)).folder for seed in (0, 0, 1))
    histories = [(f.path / "history.jsonl").read_bytes() for f in (first, second, other)]
    assert histories[0] == histories[1] != histories[2]
    digests = [f.load("last").weights_digest for f in (first, second, other)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("num_chunks", [1, 2, 3, 4])
def test_a_run_stopped_and_resumed_is_the_run_that_was_not(
    experiment, trained, monkeypatch, num_chunks, stopped_after
):  # 004-32
    monkeypatch.setattr(Planner, "chunk", 2)
    whole = trained(experiment()).folder
    folder = stopped_after(train_experiment(experiment()), num_chunks)
    assert folder.finished() is None
    assert isinstance(list(resume(folder.path))[-1], Ended)
    for name in ("history.jsonl",):
        assert (folder.path / name).read_bytes() == (whole.path / name).read_bytes()
    for name, value in tensors(whole).items():
        np.testing.assert_array_equal(tensors(folder)[name], value, err_msg=name)


def test_resuming_a_finished_run_says_so(experiment, trained):
    folder = trained(experiment()).folder
    (remark,) = resume(folder.path)
    assert remark == Remark(f"nothing to resume, {folder.path} is finished: all epochs are done")


def test_a_damaged_last_checkpoint_sends_a_resumed_run_to_the_one_before(
    experiment, monkeypatch, stopped_after
):
    monkeypatch.setattr(Planner, "chunk", 2)
    folder = stopped_after(train_experiment(experiment()), 4)
    (
        folder.path / "checkpoints" / str(folder.checkpoints.steps()[-1]) / "weights.safetensors"
    ).write_bytes(b"x")
    events = list(resume(folder.path))
    assert "Going back to step 5" in events[1].text
    assert isinstance(events[-1], Ended)


def test_a_best_checkpoint_that_is_damaged_keeps_no_run_from_going_on(
    experiment, monkeypatch, stopped_after
):
    monkeypatch.setattr(Planner, "chunk", 2)
    folder = stopped_after(train_experiment(experiment()), 4)
    best = folder.load("best").step
    (folder.path / "checkpoints" / str(best) / "meta.json").write_bytes(b"{")
    assert isinstance(list(resume(folder.path))[-1], Ended)
    assert folder.load("best").step != best


def test_a_measured_interval_of_checkpoints_is_recorded_and_moves_no_bit(
    experiment, trained, stopped_after
):
    # 004-10
    long = {"epochs": 6}
    whole = trained(experiment(recipe=long)).folder
    seldom = {"checkpoints": {"every": "auto"}}
    folder = stopped_after(train_experiment(experiment(recipe=long, run=seldom)), 3)
    (decided,) = (row for row in folder.decisions() if row["what"] == "checkpoints")
    assert isinstance(list(resume(folder.path))[-1], Ended)
    assert [row for row in folder.decisions() if row["what"] == "checkpoints"] == [decided]
    assert folder.load().weights_digest == whole.load().weights_digest
    assert folder.history() == whole.history()


def test_an_existing_folder_is_never_written_over(experiment, trained, tmp_path):  # 000-07, 004-T4
    out = tmp_path / "mine"
    assert trained(experiment(), out=out).folder.path == out
    for same in (out, str(out)):
        with pytest.raises(UsageError, match="exists and is not empty"):
            trained(experiment(), out=same)


def test_the_best_checkpoint_is_chosen_on_validation(experiment, trained):  # 000-12
    folder = trained(experiment(recipe={"epochs": 4})).folder
    rows = folder.history()
    best = max(rows, key=lambda row: row["validation_accuracy"])
    assert folder.load("best").step == best["step"]


def test_a_run_starts_from_the_weights_of_another(experiment, trained):  # 004-09
    first = trained(experiment()).folder
    second = trained(experiment(recipe={"epochs": 0}), origin=Origin(first.path)).folder
    for name, value in first.load().weights.items():
        np.testing.assert_array_equal(second.load().weights[name], value)


def test_weights_that_do_not_fit_are_named_and_can_be_reset(experiment, trained):  # 004-09, 004-31
    first = trained(experiment()).folder
    wider = experiment(network={"text": "flatten\nlinear 7 name=own\nlinear classes"})
    with pytest.raises(UsageError, match=r"own\.weight \[7, 784\] is missing from the weights"):
        trained(wider, origin=Origin(first.path))
    reset = trained(
        experiment(recipe={"epochs": 0}, seed=9), origin=Origin(first.path, ("linear1",))
    ).folder
    old, new = first.load().weights, reset.load().weights
    np.testing.assert_array_equal(old["conv1.weight"], new["conv1.weight"])
    assert (old["linear1.weight"] != new["linear1.weight"]).any()


def test_training_opens_no_test_set_and_writes_no_row(experiment, trained):  # 000-12
    before = len(openings("fashion-sample"))
    folder = trained(experiment()).folder
    assert len(openings("fashion-sample")) == before
    assert not (folder.path / "evaluation" / "test.json").exists()


def test_the_courses_mode_measures_the_test_set_and_writes_one_row(experiment, trained):
    # 001-11, 002-14
    before = len(openings("fashion-sample"))
    folder = trained(experiment(evaluation={"test": "each-epoch", "train": "recomputed"})).folder
    assert all("test_accuracy" in row and row["train_accuracy"] for row in folder.history())
    rows = openings("fashion-sample")[before:]
    assert [row["purpose"] for row in rows] == ["each-epoch"]
    assert {path.stem for path in (folder.path / "evaluation").iterdir()} == {"validation", "test"}


def test_without_validation_all_images_train_and_the_last_weights_count(experiment, trained):
    ended = trained(experiment(data={"limit": None, "validation": 0}, recipe={"epochs": 1}))
    assert ended.split == "train"
    assert ended.folder.history()[-1]["images"] == 10_000
    assert not (ended.folder.path / "best.json").exists()


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(experiment, tmp_path):
    wild = experiment(recipe={"optimiser": {"name": "sgd", "rate": 1e30}}, run={"title": "wild"})
    with pytest.raises(TrainingError, match=r"at step \d+ \(epoch 1\): .* Lower recipe"):
        list(train_experiment(wild))
    folder = RunFolder.open(tmp_path / "runs" / "wild")
    assert np.isfinite(folder.load("last").weights["conv1.weight"]).all()


def test_a_full_disk_stops_the_run_with_one_line_and_nothing_is_lost(
    experiment, trained, monkeypatch, tmp_path
):
    whole = trained(experiment()).folder
    events = train_experiment(experiment(run={"title": "full"}))
    while not isinstance(next(events), Checkpoint):
        pass

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"full"):
            list(events)
    folder = RunFolder.open(tmp_path / "runs" / "full")
    assert folder.checkpoints.steps() == (0,)
    list(resume(folder.path))
    assert folder.load().weights_digest == whole.load().weights_digest


def test_a_stopped_run_says_so_and_is_not_finished(experiment):
    events = train_experiment(experiment())
    last = None
    for event in events:
        last = event
        if isinstance(event, Progress):
            *_, last = [events.send(Stop("stopped by Ctrl-C")), *events]
    assert isinstance(last, Finished)
    assert (last.reason, last.complete) == ("stopped by Ctrl-C", False)


def test_what_is_kept_reads_back_as_json(experiment, trained):
    folder = trained(experiment()).folder
    for path in folder.path.rglob("*.json"):
        json.loads(path.read_text())
    assert folder.cost()["parameters"] == sum(v.size for v in folder.load().weights.values())


def test_full_gradient_descent_runs(experiment, trained):  # 002-13
    folder = trained(experiment(recipe={"batch": "all", "epochs": 3})).folder
    assert [row["step"] for row in folder.history()] == [0, 1, 2, 3]


def test_the_best_of_the_checkpoints_that_are_there_is_marked(experiment, trained):  # 000-12
    checkpoints = {"every": 3, "keep": 9}
    folder = trained(experiment(recipe={"epochs": 7}, run={"checkpoints": checkpoints})).folder
    rows = [row for row in folder.history() if row["step"] in folder.checkpoints.steps()]
    assert [row["epoch"] for row in rows] == [0, 3, 6, 7]
    assert folder.load("best").step == max(rows, key=lambda r: r["validation_accuracy"])["step"]


def test_a_resumed_run_marks_the_best_that_a_crash_left_unmarked(experiment, stopped_after):
    folder = stopped_after(train_experiment(experiment(recipe={"epochs": 9})), 4)
    (folder.path / "best.json").unlink()
    folder = stopped_after(resume(folder.path), 1)
    kept = [row for row in folder.history() if row["step"] in folder.checkpoints.steps()]
    assert folder.load("best").step == max(kept, key=lambda r: r["validation_accuracy"])["step"]


def test_an_early_stop_is_not_forgotten_when_the_end_is_lost(experiment, trained):  # 003-22
    stopping = {"figure": "train_loss", "patience": 1, "min_change": 10.0}
    folder = trained(experiment(recipe={"epochs": 9, "stopping": stopping})).folder
    history = (folder.path / "history.jsonl").read_bytes()
    (folder.path / "finished.json").unlink()  # as if killed while it was evaluated
    *_, ended = resume(folder.path)
    assert isinstance(ended, Ended)
    assert (folder.path / "history.jsonl").read_bytes() == history


def test_checkpoints_that_a_crash_left_beyond_their_number_go(experiment, trained):  # 004-32
    folder = trained(experiment(run={"checkpoints": {"keep": 1}})).folder
    kept = folder.checkpoints.steps()
    shutil.copytree(folder.path / "checkpoints" / "10", folder.path / "checkpoints" / "1")
    (folder.path / "finished.json").unlink()  # as if killed between its last checkpoint and the end
    list(resume(folder.path))
    assert folder.checkpoints.steps() == kept


def test_weights_broken_by_the_last_step_are_not_kept(experiment, tmp_path):
    wild = experiment(
        data={"validation": 0},
        recipe={"batch": "all", "augment": [], "optimiser": {"name": "sgd", "rate": 1e38}},
        run={"title": "wild", "checkpoints": {"keep": 1}},
    )
    with pytest.raises(TrainingError, match=r"no longer finite after step 0 \(epoch 1\)"):
        list(train_experiment(wild))
    assert RunFolder.open(tmp_path / "runs" / "wild").checkpoints.steps() == (0,)


def test_seconds_before_a_stop_in_mid_epoch_are_not_lost(experiment, monkeypatch, stopped_after):
    monkeypatch.setattr(Planner, "chunk", 1)
    folder = stopped_after(train_experiment(experiment(recipe={"epochs": 1})), 4)
    before = folder.load().meta["train_seconds"]
    *_, ended = resume(folder.path)
    assert ended.finished.train_seconds > before > 0
    (_, row) = folder.timings()
    assert row["train_seconds"] == pytest.approx(ended.finished.train_seconds)


def test_a_stop_sent_once_is_obeyed_whatever_it_answers(experiment):
    for kind in (Begun, Decision, Progress):
        events, answer, last = train_experiment(experiment(recipe={"epochs": 50})), None, None
        try:
            while True:
                last = events.send(answer)
                answer = Stop("once") if isinstance(last, kind) else None
                kind = kind if answer is None else ()
        except StopIteration:
            assert last.reason == "once"


def test_other_data_under_the_same_name_are_refused(experiment, tmp_path, stopped_after):
    path = tmp_path / "own.npz"

    def write(seed):
        images = np.random.default_rng(seed).integers(0, 256, (120, 8, 8)).astype(np.uint8)
        labels = np.arange(120) % 3
        np.savez(path, x_train=images, y_train=labels, x_test=images[:30], y_test=labels[:30])

    write(1)
    small = {"text": "flatten\nlinear classes"}
    own = experiment(data={"name": f"npz:{path}", "limit": None}, network=small)
    folder = stopped_after(train_experiment(own), 1)
    write(2)
    with pytest.raises(DataError, match=r"is not what .* was trained on .* bring those back"):
        list(resume(folder.path))
    with pytest.raises(DataError, match=r"is not what .* was trained on"):
        evaluate_run(folder.path)


def test_a_run_under_way_is_held(experiment, tmp_path):
    events = train_experiment(experiment())
    folder = next(event for event in events if isinstance(event, Begun)).folder
    with pytest.raises(UsageError, match="is being trained by another process"):
        list(resume(folder.path))
    while not isinstance(next(events), Checkpoint):
        pass
    events.close()
    assert isinstance(list(resume(folder.path))[-1], Ended)


def test_a_resumed_run_takes_the_threads_it_began_with(experiment, monkeypatch, stopped_after):
    monkeypatch.setattr("imagette.machine.usable_cores", lambda: 1)
    folder = stopped_after(train_experiment(experiment()), 1)
    monkeypatch.setattr("imagette.machine.usable_cores", lambda: 7)
    begun = next(event for event in resume(folder.path) if isinstance(event, Begun))
    assert begun.prepared.model.threads == 1


def test_the_courses_mode_is_on_record_once_even_if_resumed(experiment, stopped_after):
    before = len(openings("fashion-sample"))
    folder = stopped_after(train_experiment(experiment(evaluation={"test": "each-epoch"})), 1)
    list(resume(folder.path))
    assert len(openings("fashion-sample")) == before + 1


def test_an_overfitting_run_is_told(experiment):  # 000-10
    text = "flatten\nlinear 256\nrelu\nlinear classes"
    recipe = {"epochs": 40, "augment": [], "optimiser": {"name": "adam", "rate": 0.003}}
    events = list(train_experiment(experiment(network={"text": text}, recipe=recipe)))
    (remark,) = [e for e in events if isinstance(e, Remark) and "overfits" in e.text]
    assert remark.text.startswith("the run overfits since epoch ")
