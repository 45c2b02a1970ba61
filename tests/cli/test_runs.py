"""`imagette runs` and `imagette note`, as their user sees them."""

import io
import json

import pytest

from imagette.cli.main import main
from imagette.cli.runs_text import list_lines
from imagette.run.runs import list_runs, note_run


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def runs(make_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = [make_run(title=title) for title in ("older", "newer")]
    note_run(made[0].path, "good\nenough")
    return made


def test_a_run_is_one_line_where_there_is_room(runs, tmp_path):  # 001-39
    found = list_runs(tmp_path / "runs")
    heading, newer, older = list_lines(found, tmp_path, 200)
    assert heading.split()[:2] == ["run", "made"]
    assert " ".join(newer.split()) == (
        f"runs/newer/{runs[1].path.name} 2026-01-01 00:00 finished softmax fashion-sample "
        "7,850 2/2 70.00 % (validation)"
    )
    assert older.endswith("70.00 % (validation)  good enough")
    assert max(map(len, [heading, newer, older])) <= 200


def test_a_run_is_a_few_lines_at_80_columns(runs, tmp_path):
    assert list_lines(list_runs(tmp_path / "runs"), tmp_path, 80)[3:] == [
        f"runs/older/{runs[0].path.name}",
        "  70.00 % (validation), finished",
        "  softmax (7,850), fashion-sample, epoch 2/2",
        "  note: good enough",
    ]


def test_the_list_names_what_it_leaves_out(runs, capsys, tmp_path):
    (tmp_path / "runs" / "foreign").mkdir()
    code, out, err = imagette(capsys, "runs", "list")
    assert (code, err) == (0, "")
    assert out.endswith("left out: runs/foreign holds no run\n")


def test_a_recipe_that_lost_a_name_is_damage(runs, capsys):
    resolved = json.loads((runs[0].path / "resolved.json").read_text())
    del resolved["recipe"]["schedule"]["name"]
    (runs[0].path / "resolved.json").write_text(json.dumps(resolved))
    code, out, err = imagette(capsys, "runs", "show", runs[0].path)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "is damaged" in err


def test_an_empty_folder_says_so_and_an_absent_one_is_refused(capsys, tmp_path):
    code, out, _ = imagette(capsys, "runs", "list", tmp_path)
    assert (code, out) == (0, "no run is here yet: imagette train makes one\n")
    code, _, err = imagette(capsys, "runs", "list", tmp_path / "absent")
    assert code == 2
    assert "absent is not a folder" in err


def test_a_hostile_title_stays_on_its_line(make_run, tmp_path):
    make_run("runs/two\nlines\x1b[2J")
    for width in (80, 300):
        lines = list_lines(list_runs(tmp_path / "runs"), tmp_path, width)
        assert all(line.isprintable() for line in lines)


def test_the_values_come_as_json(runs, capsys):
    values = json.loads(imagette(capsys, "runs", "list", "--json")[1])
    assert [run["title"] for run in values["runs"]] == ["newer", "older"]
    assert values["runs"][1]["notes"][0]["text"] == "good\nenough"
    shown = json.loads(imagette(capsys, "runs", "show", "runs/older", "--json")[1])
    assert shown["figures"]["validation_accuracy"] == 0.7


def test_a_noted_run_shows_its_note(runs, capsys):  # 001-39
    code, out, _ = imagette(capsys, "note", "runs/newer", "rate too high")
    assert (code, out) == (0, f"noted    {runs[1].path}\n")
    lines = imagette(capsys, "runs", "show", "runs/newer")[1].splitlines()
    assert lines[0] == f"run      {runs[1].path}"
    assert "result   validation: accuracy 70.00 %, loss 0.3000" in lines
    assert lines[-1].startswith("note     2")
    assert lines[-1].endswith(" rate too high")


def test_a_torn_note_is_said(runs, capsys):
    with (runs[1].path / "notes.jsonl").open("ab") as file:
        file.write(b"{")
    out = imagette(capsys, "note", "runs/newer", "next")[1]
    assert "dropped its last line, torn after 1 bytes" in out


def test_an_empty_note_is_refused(runs, capsys):
    code, _, err = imagette(capsys, "note", "runs/newer", " ")
    assert code == 2
    assert "A note needs words." in err


def test_a_run_is_removed_when_told_so(runs, capsys):
    code, out, _ = imagette(capsys, "runs", "remove", runs[0].path, "--yes")
    assert (code, out) == (0, f"removed  {runs[0].path}\n")
    assert [run.path.exists() for run in runs] == [False, True]


@pytest.mark.parametrize(("answer", "code", "stays"), [("y\n", 0, False), ("n\n", 1, True)])
def test_remove_asks_first(runs, capsys, monkeypatch, answer, code, stays):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    found, out, _ = imagette(capsys, "runs", "remove", runs[0].path)
    assert found == code
    assert f"Remove {runs[0].path} with all that is in it? [y/N]" in out
    assert runs[0].path.exists() == stays


def test_what_is_no_run_is_not_removed_and_not_asked_about(runs, capsys, tmp_path):
    code, out, err = imagette(capsys, "runs", "remove", "runs/older", "--yes")
    assert (code, out) == (2, "")
    assert "runs/older is not a run folder" in err
    assert runs[0].path.exists()
