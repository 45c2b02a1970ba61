import csv
import io
import json

import pytest
from PIL import Image
from rich.console import Console

from imagette.cli.comparison_table import comparison_table
from imagette.cli.main import main
from imagette.run.compare import compare_runs
from imagette.run.runs import note_run

HALF = [True] * 10 + [False] * 10


@pytest.fixture
def sweep(make_run, tmp_path, monkeypatch):
    """Two variants of three seeds each, and a failed run, in one folder."""
    monkeypatch.chdir(tmp_path)
    for batch, lead in ((4, 0.1), (16, 0.0)):
        for seed in range(3):
            final = 0.6 + lead + seed / 100 * (1 + lead)
            folder = f"all/b{batch}/seed-{seed}"
            make_run(folder, (0.1, 0.4, final), recipe={"batch": batch}, seed=seed)
    bad = make_run("all/b16/seed-3", recipe={"batch": 16}, seed=3, finished=False)
    bad.append_log("failed: The loss became nan.")
    note_run(bad.path, "rate [too] high\nby far")
    return tmp_path / "all"


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def shown(folder, width):
    console = Console(file=io.StringIO(), width=width)
    comparison_table(compare_runs([folder]), console)
    return console.file.getvalue()


def test_the_table_and_the_figure_come_with_one_command(sweep, capsys, tmp_path):
    # 001-27, 001-29
    code, out, err = imagette(capsys, "compare", sweep)
    assert (code, err) == (0, "")
    for part in ("batch=4", "the reference", "7,850", "15,680", "3 seeds", "worse", "failed"):
        assert part in out
    assert out.endswith("figure   compare.png\n")
    assert Image.open(tmp_path / "compare.png").size[0] == 1440


def test_a_variant_is_one_line_at_200_columns(sweep):  # 001-37
    lines = shown(sweep, 200).splitlines()
    (line,) = (line for line in lines if line.startswith("batch=16  "))
    assert " ".join(line.split()) == (
        "batch=16 3 61.00 ± 1.00 -10.10 -10.35 to -9.85 < 0.001 3 seeds worse 7,850 15,680 "
        "4.0 2.00 0.3900"
    )


def test_operations_that_are_not_all_counted_are_a_lower_bound(sweep, capsys):
    for path in sweep.rglob("cost.json"):
        path.write_text(json.dumps({"uncounted": ["fft", "pool"], **json.loads(path.read_text())}))
    assert "≥ 15,680" in shown(sweep, 80)
    _, out, _ = imagette(capsys, "compare", sweep, "--csv")
    row = next(csv.DictReader(io.StringIO(out)))
    assert (row["operations"], row["uncounted"]) == ("15680", "fft pool")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_fits_and_says_the_same_at_any_width(sweep, width):
    out = shown(sweep, width)
    head = out[: out.index("not counted")]
    assert max(map(len, head.splitlines())) <= width
    for part in ("71.10 ± 1.10", "61.00 ± 1.00", "-10.35 to -9.85", "15,680", "2.00", "worse"):
        assert part in out


def test_notes_and_runs_that_do_not_count_stand_below(sweep):  # 001-39
    out = shown(sweep, 80)
    failed = sweep / "b16" / "seed-3"
    assert f"not counted: {failed}: failed (The loss became nan.), epoch 2 of 2" in out
    assert "note on batch=16: rate [too] high by far" in out


def test_the_figure_is_not_written_over_unless_asked(sweep, capsys, tmp_path):  # 004-T4, 000-07
    (tmp_path / "compare.png").write_bytes(b"precious")
    code, out, err = imagette(capsys, "compare", sweep)
    assert (code, "figure   compare.png" in out) == (0, False)
    assert "'compare.png' exists and stays: no figure is drawn. Give --overwrite" in err
    assert (tmp_path / "compare.png").read_bytes() == b"precious"
    code, out, err = imagette(capsys, "compare", sweep, "--out", "compare.png")
    assert (code, out) == (2, "")
    assert "'compare.png' exists: give --overwrite, or another name with --out." in err
    assert imagette(capsys, "compare", sweep, "--out", "other.png")[0] == 0
    assert imagette(capsys, "compare", sweep, "--overwrite")[0] == 0
    assert (tmp_path / "compare.png").read_bytes()[1:4] == b"PNG"


def test_a_page_is_written_and_never_over_another(sweep, capsys, tmp_path):  # 001-18, 001-27
    code, out, err = imagette(capsys, "compare", sweep, "--html", "all.html")
    assert (code, err) == (0, "")
    assert out.endswith("\npage     all.html\n")
    assert not (tmp_path / "compare.png").exists()
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert "batch=16 is worse than batch=4 by 10.10 points" in page
    assert imagette(capsys, "compare", sweep, "--html", "all.html")[0] == 2
    code, out, _ = imagette(
        capsys, "compare", sweep, "--html", "all.html", "--overwrite", "--lang", "fr", "--json"
    )
    assert (code, json.loads(out)["page"]) == (0, "all.html")
    assert "batch=16 est moins bon que batch=4" in (tmp_path / "all.html").read_text("utf-8")


def test_a_language_that_is_not_known_is_told_before_anything_is_read(capsys):
    code, _, err = imagette(capsys, "compare", "absent", "--html", "x.html", "--lang", "xx")
    assert (code, err.count("\n")) == (2, 1)
    assert "'xx' is not one of 'en', 'fr'" in err


def test_a_language_is_of_a_page(capsys):
    code, _, err = imagette(capsys, "compare", "absent", "--lang", "fr")
    assert (code, "--lang is the language of the page: give --html FILE too." in err) == (2, True)


def test_a_place_that_cannot_be_written_is_one_line(sweep, capsys):
    code, out, err = imagette(capsys, "compare", sweep, "--html", "absent/all.html")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "'absent' is not a folder: make it first" in err


def test_a_hostile_title_commands_no_terminal(make_run, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = make_run("one", title="\x1b[2J\x07[bold]x")
    note_run(run.path, "\x1b]0;owned\x07")
    code, out, _ = imagette(capsys, "compare", run.path)
    assert code == 0
    assert "[bold]x" in out
    assert not {"\x1b", "\x07"} & set(out)


def test_one_variant_alone_is_told_so(make_run, capsys, tmp_path):
    run = make_run("one")
    _, out, _ = imagette(capsys, "compare", run.path, "--out", tmp_path / "x.png")
    assert "one variant: nothing to compare it with" in out


def test_the_differences_are_said_in_words(sweep, capsys):  # 001-29
    _, out, _ = imagette(capsys, "compare", sweep)
    told = " ".join(out.split())
    assert "batch=16 is worse than batch=4 by 10.10 points [9.85, 10.35], p < 0.001." in told
    assert "Over seeds: Student's t" in told


def test_values_come_as_json_and_write_no_figure_unless_named(sweep, capsys, tmp_path):
    _, out, _ = imagette(capsys, "compare", sweep, "--json", "--against", "batch=16")
    values = json.loads(out)
    assert values["against"] == "batch=16"
    assert values["variants"][0]["difference"]["verdict"] == "better"
    assert values["figure"] is None
    assert not (tmp_path / "compare.png").exists()
    _, out, _ = imagette(capsys, "compare", sweep, "--json", "--out", "x.png")
    assert json.loads(out)["figure"] == "x.png"


def test_values_come_as_csv(sweep, capsys):
    _, out, _ = imagette(capsys, "compare", sweep, "--csv")
    first, second = csv.DictReader(io.StringIO(out))
    assert (first["variant"], first["seeds"], first["difference"]) == ("batch=4", "3", "")
    assert float(second["accuracy"]) == pytest.approx(0.61)
    assert (second["verdict"], second["over"]) == ("worse", "seeds")
    assert second["uncounted_runs"] == "1"


def test_other_splits_and_lost_answers_are_said(make_run, capsys, tmp_path):
    one, other = make_run("one", right=HALF), make_run("other", recipe={"batch": 16})
    course = make_run("c", splits=("train",), data={"validation": 0}, title="c")
    paths = [run.path for run in (one, other, course)]
    _, out, _ = imagette(capsys, "compare", *paths, "--out", tmp_path / "x.png")
    assert "accuracy on validation or train, of the last weights" in out
    assert "70.00 (train)" in out
    assert "on the training images, it measured no others" in out
    assert "judged on train, made on validation" in " ".join(out.split())
    assert f"imagette evaluate {other.path} --split validation" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["absent"], "absent is not a run"),
        (["all", "--against", "batch=5"], "No variant is called 'batch=5'. Did you mean 'batch="),
        (["all", "--json", "--csv"], "--json and --csv: give one of them."),
    ],
)
def test_a_mistake_is_one_clear_line(sweep, capsys, words, message):
    code, out, err = imagette(capsys, "compare", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_runs_are_judged_as_one_beside_each_alone(make_run, capsys, tmp_path, monkeypatch):
    # 000-25
    monkeypatch.chdir(tmp_path)
    make_run("all/a", right=HALF, seed=0)
    make_run("all/b", right=[True] * 20, seed=1)
    code, out, err = imagette(capsys, "compare", "all", "--ensemble")
    assert (code, err) == (0, "")
    assert "ensemble of 2 runs, mean of their probabilities: 100.00 % (83.89 to 100.00, " in out
    assert f"  50.00 % {tmp_path}/all/a\n  100.00 % {tmp_path}/all/b\n" in out
    _, out, _ = imagette(capsys, "compare", "all", "--ensemble", "--json")
    assert json.loads(out)["ensemble"]["members"][0] == {
        "name": f"{tmp_path}/all/a",
        "accuracy": 0.5,
    }
    code, _, err = imagette(capsys, "compare", "all/a", "--ensemble", "--json")
    assert (code, err.count("\n")) == (2, 1)
    assert "An ensemble needs two runs or more. Got 1." in err


def test_an_ensemble_needs_the_answers_that_runs_kept(make_run, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run("all/a", right=HALF, seed=0)
    make_run("all/b", seed=1)
    code, _, err = imagette(capsys, "compare", "all", "--ensemble", "--json")
    assert code == 2
    assert (
        f"answers on validation are not kept: imagette evaluate {tmp_path}/all/b --split validation"
        in err
    )
    assert imagette(capsys, "compare", "all", "--ensemble", "--csv")[0] == 2
