"""A published run: what its folder holds, what it says that it lacks, and what it never tells."""

import json
import shutil
import socket
from hashlib import sha256
from pathlib import Path

import pytest

from imagette.errors import StoreError, UsageError
from imagette.store import published as module
from imagette.store.checkpoint import STATE, read_checkpoint
from imagette.store.folder import RunFolder
from imagette.store.published import is_published, published_files
from imagette.store.whole import write_whole_folder


@pytest.fixture
def run(small_run, tmp_path):
    """A copy of the small run, to be changed."""
    return RunFolder.open(Path(shutil.copytree(small_run, tmp_path / "run")))


def shown(run, place):
    """The run, published at `place`."""
    write_whole_folder(place, published_files(run, "small").files)
    return RunFolder.open(place)


def changed(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")


def test_it_is_a_run_with_its_last_weights_and_its_whole_history(run, tmp_path):
    found = shown(run, tmp_path / "shown")
    assert (found.path / "history.jsonl").read_bytes() == (run.path / "history.jsonl").read_bytes()
    assert found.timings() == run.timings()
    assert found.decisions() == run.decisions()
    assert found.cost() == run.cost()
    assert found.finished() == run.finished()
    assert found.experiment_text() == "# as it was given\n"
    assert found.evaluation_figures("validation") == run.evaluation_figures("validation")
    assert found.load().weights_digest == run.load().weights_digest
    assert is_published(found)
    assert not is_published(run)


def test_a_checkpoint_says_that_its_state_was_left_out_and_keeps_the_digest(run, tmp_path):
    saved = shown(run, tmp_path / "shown").load()
    assert saved.state == {}
    assert not saved.has_state
    assert saved.meta["left_out"] == [STATE]
    assert saved.meta["digests"] == run.load().meta["digests"]


def test_a_state_that_is_missing_without_a_word_is_still_damage(run):
    folder = run.load().folder
    (folder / STATE).unlink()
    with pytest.raises(StoreError, match=r"state\.safetensors is missing"):
        read_checkpoint(folder)


def test_nothing_goes_on_from_it(run, tmp_path):
    with pytest.raises(StoreError, match="was published without the optimiser's state"):
        shown(run, tmp_path / "shown").checkpoints.newest_good()


def test_no_file_names_a_place_or_the_machine(run, tmp_path):
    changed(run.path / "environment.json", command=f"{tmp_path}/bin/imagette train a.toml")
    changed(run.path / "environment.json", **{"from": {"run": f"{tmp_path}/other"}})
    row = {"run": str(run.path), "command": f"imagette evaluate {run.path}", "dataset": "sample"}
    (run.path / "ledger.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = published_files(run, "small").files
    text = "\n".join(data.decode("utf-8", "replace") for data in found.values())
    for private in (str(tmp_path), f"{Path.home()}/", f'"{socket.gethostname()}"'):
        assert private not in text
    assert json.loads(found["environment.json"])["command"] == "imagette train a.toml"
    assert json.loads(found["environment.json"])["from"] == {"run": "other"}


def test_a_row_of_the_ledger_keeps_the_digest_of_what_the_ledger_has(run):
    line = json.dumps({"run": str(run.path), "dataset": "sample"}) + "\n"
    (run.path / "ledger.jsonl").write_text(line, encoding="utf-8")
    (row,) = published_files(run, "small").files["ledger.jsonl"].splitlines()
    assert json.loads(row) == {
        "sha256": sha256(line.encode()).hexdigest(), "run": "run", "dataset": "sample"
    }  # fmt: skip


def test_large_weights_and_predictions_stay_behind_and_it_says_so(run, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_WEIGHTS", 10)
    monkeypatch.setattr(module, "LARGEST_PREDICTIONS", 10)
    found = published_files(run, "small")
    assert not [name for name in found.files if name.endswith((".safetensors", ".npz"))]
    told = "; ".join(found.left_out)
    assert "the weights (" in told
    assert "the predictions on validation" in told
    assert json.loads(found.files["published.json"])["left_out"] == list(found.left_out)


@pytest.mark.parametrize("name", ["timings.jsonl", "last.json", "cost.json"])
def test_a_file_that_is_missing_is_named(run, name):
    (run.path / name).unlink()
    with pytest.raises(StoreError, match=name):
        published_files(run, "small")


def test_a_mark_without_its_step_is_damage(run):
    (run.path / "last.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StoreError, match="is damaged"):
        published_files(run, "small")


def test_an_experiment_on_a_folder_of_this_machine_is_refused(run):
    data = {**run.resolved()["data"], "name": "folder:/data/pets"}
    changed(run.path / "resolved.json", data=data)
    with pytest.raises(UsageError, match="names /data/pets in its experiment"):
        published_files(run, "small")


def test_where_home_is_the_whole_disk_nothing_is_taken_for_it(run, monkeypatch):
    monkeypatch.setenv("HOME", "/")
    (run.path / "experiment.toml").write_text("# https://a.org/b and /a/b\n", encoding="utf-8")
    assert published_files(run, "small").files


def test_a_home_folder_in_a_comment_is_refused(run):
    (run.path / "experiment.toml").write_text(f"# of {Path.home()}/mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"experiment\.toml of .* names "):
        published_files(run, "small")
