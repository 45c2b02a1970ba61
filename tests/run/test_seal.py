"""The sealed test set: what a training opens, and what is on record of each opening."""

import json
import subprocess
import sys

import pytest

from imagette.cli.main import main
from imagette.errors import DataError, StoreError
from imagette.run.evaluate import evaluate_run
from imagette.run.seal import count_runs_of_title, seal_of, seal_of_run
from imagette.store.ledger import Ledger, ledger_path, openings

SET = "fashion-sample"

# A process that trains, and then prints every path that it or a library of its opened.
LISTENING = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from imagette.cli.main import main
code = main(sys.argv[1:])
print("\\n".join(["OPENED", *opened]))
sys.exit(code)
"""


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def opened_by(*words):
    """The paths that a command opened, from the first import to its end."""
    command = [sys.executable, "-c", LISTENING, *words, "--set", "data.limit=300"]
    command += ["--set", "recipe.epochs=1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.partition("OPENED\n")[2].splitlines()


def test_a_training_opens_no_file_of_the_test_set(trained, experiment):  # 000-12
    trained(experiment(recipe={"epochs": 0}))  # the cache is there
    sealed = opened_by("train")
    assert any(path.endswith("train_images.npy") for path in sealed)
    assert [path for path in sealed if path.endswith(("test_images.npy", "test_labels.npy"))] == []
    watched = opened_by("train", "--set", "evaluation.test=each-epoch")
    assert any(path.endswith("test_images.npy") for path in watched)


def test_it_is_told_how_often_by_which_runs_and_since_when(experiment, trained):  # 000-12
    folders = [trained(experiment()).folder for _ in range(3)]
    for folder in (folders[0], folders[0], folders[2]):
        evaluate_run(folder.path, "test", open_test_set=True)
    seal = seal_of(SET, folders[2])
    assert seal.num_openings == 3
    assert seal.runs == (str(folders[0].path), str(folders[2].path))
    assert seal.since == openings(SET)[0]["when"]
    assert seal.runs_of_title == 3
    assert seal.is_whole
    first, second = seal.lines
    assert first == (
        f"the test set of {SET} was opened 3 times on this machine, by 2 runs, since {seal.since}"
    )
    assert second == "2 other runs of this title came before the opening"


def test_runs_of_the_title_are_counted_wherever_they_lie_near(experiment, trained, tmp_path):
    alone = trained(experiment(run={"title": "other"})).folder
    folders = [
        trained(experiment(), out=tmp_path / "sweep" / name / "seed-0").folder for name in "ab"
    ]
    assert count_runs_of_title(alone) == 1
    assert [count_runs_of_title(folder) for folder in folders] == [2, 2]


def test_a_damaged_chain_is_told_by_evaluate_and_by_doctor(experiment, trained, capsys):
    folder = trained(experiment()).folder
    for _ in range(2):
        evaluate_run(folder.path, "test", open_test_set=True)
    path = ledger_path(SET)
    path.write_bytes(path.read_bytes().replace(b'"evaluate"', b'"look"', 1))
    assert seal_of_run(folder.path).broken_at == 2
    words = ["evaluate", str(folder.path), "--split", "test", "--open-test"]
    assert main(words) == 0
    assert "the ledger is damaged: its chain breaks at row 2" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seal"]["broken_at"] == 2
    assert main(["doctor"]) == 0
    assert "4 times, the chain is BROKEN at row 2" in capsys.readouterr().out


def test_rows_cut_from_the_end_are_missed_by_the_run_that_has_them(experiment, trained):
    folder = trained(experiment()).folder
    for _ in range(2):
        evaluate_run(folder.path, "test", open_test_set=True)
    path = ledger_path(SET)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    seal = seal_of(SET, folder)
    assert (seal.broken_at, seal.unknown, seal.is_whole) == (None, 1, False)
    assert seal.lines[-1].startswith("the ledger lacks 1 opening that the run has on record")


def test_a_row_that_is_no_json_is_damage_and_no_crash(experiment, trained):
    folder = trained(experiment()).folder
    evaluate_run(folder.path, "test", open_test_set=True)
    with ledger_path(SET).open("ab") as file:
        file.write(b"\xff{]\n")
    seal = seal_of(SET, folder)
    assert (seal.num_openings, seal.broken_at) == (1, 2)


def test_an_unwritable_ledger_keeps_the_test_set_shut(experiment, trained, tmp_path):  # 000-12
    folder = trained(experiment()).folder
    (tmp_path / "state").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreError, match="stays sealed, its opening cannot be recorded"):
        evaluate_run(folder.path, "test", open_test_set=True)
    assert not (folder.path / "evaluation" / "test.json").exists()
    with pytest.raises(StoreError, match="stays sealed"):
        trained(experiment(evaluation={"test": "each-epoch"}))


def test_a_run_in_the_place_of_one_that_was_removed_has_a_row_of_its_own(tmp_path):
    """Else a run could be thrown away and made again, with a look at the test set each time."""
    for made in ("2026-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00"):
        ledger = Ledger(tmp_path, "", "imagette train", "each-epoch", None, made)
        ledger.record(SET, "d1")
        (tmp_path / "ledger.jsonl").unlink()
    assert len(openings(SET)) == 2


def test_a_test_set_is_not_opened_for_a_run_of_other_data(experiment, trained):
    """What it trained on could be among the test images by now."""
    folder = trained(experiment(recipe={"epochs": 0})).folder
    about = folder.environment()
    about["data"]["digest"] = "0" * 64
    (folder.path / "environment.json").write_text(json.dumps(about))
    with pytest.raises(DataError, match=r"is not what .* was trained on"):
        evaluate_run(folder.path, "test", open_test_set=True)
    assert openings(SET) == []


def test_a_run_killed_between_the_ledger_and_its_extract_has_one_row(tmp_path):
    first = Ledger(tmp_path, "", "imagette train", "each-epoch")
    first.record(SET, "d1")
    (tmp_path / "ledger.jsonl").unlink()
    first.record(SET, "d1")
    (row,) = openings(SET)
    assert row == json.loads((tmp_path / "ledger.jsonl").read_text())
