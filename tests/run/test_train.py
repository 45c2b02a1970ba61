import json

import numpy as np
import pytest

from imagette.errors import StoreError, TrainingError, UsageError
from imagette.run.train import Begun, Ended, Origin, resume, train_experiment
from imagette.store.folder import RunFolder
from imagette.store.ledger import openings
from imagette.train.events import Finished, Progress, Remark, Stop
from imagette.train.plan import Planner


def tensors(folder):
    saved = folder.load("last")
    return {**saved.weights, **saved.state}


def stopped_after(events, num_chunks):
    """Trains until so many chunks are done, then asks for an end; returns the run folder."""
    folder, answer, chunks = None, None, 0
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return folder
        folder = event.folder if isinstance(event, Begun) else folder
        chunks += isinstance(event, Progress)
        answer = Stop("enough") if chunks >= num_chunks else None


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
    experiment, trained, monkeypatch, num_chunks
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


def test_a_damaged_last_checkpoint_sends_a_resumed_run_to_the_one_before(experiment, monkeypatch):
    monkeypatch.setattr(Planner, "chunk", 2)
    folder = stopped_after(train_experiment(experiment()), 4)
    (
        folder.path / "checkpoints" / str(folder.checkpoints()[-1]) / "weights.safetensors"
    ).write_bytes(b"x")
    events = list(resume(folder.path))
    assert "Going back to step 5" in events[0].text
    assert isinstance(events[-1], Ended)


def test_an_existing_folder_is_never_written_over(experiment, trained, tmp_path):  # 000-07, 004-T4
    out = tmp_path / "mine"
    assert trained(experiment(), out=out).folder.path == out
    with pytest.raises(UsageError, match="exists and is not empty"):
        trained(experiment(), out=out)


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
    with pytest.raises(TrainingError, match=r"at step \d+ \(epoch 1\)\. Lower recipe"):
        list(train_experiment(wild))
    folder = RunFolder.open(tmp_path / "runs" / "wild")
    assert np.isfinite(folder.load("last").weights["conv1.weight"]).all()


def test_a_full_disk_stops_the_run_with_one_line(experiment, monkeypatch):
    def full(*_args, **_options):
        raise StoreError("disk full: free space and resume")

    monkeypatch.setattr(RunFolder, "write_checkpoint", full)
    with pytest.raises(StoreError, match=r"^disk full"):
        list(train_experiment(experiment()))


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
