"""`imagette report`, as its user sees it."""

from imagette.cli.main import main


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_it_says_where_the_page_is(make_run, capsys):
    path = make_run().path
    code, out, err = imagette(capsys, "report", path)
    assert (code, err) == (0, "")
    assert out == f"report  {path / 'report.html'}\n"


def test_a_run_by_its_title_is_its_newest(make_run, tmp_path, capsys):
    runs = [make_run(title="twice") for _ in range(2)]
    _, out, _ = imagette(capsys, "report", tmp_path / "runs" / "twice")
    assert str(max(run.path.name for run in runs)) in out


def test_a_mistake_is_one_clear_line_with_its_exit_code(make_run, tmp_path, capsys):
    path, there = make_run().path, tmp_path / "there.html"
    there.write_text("mine")
    for words, said in {
        (tmp_path / "nothing",): "is not a run",
        (path, "--lang", "de"): "'de' is not one of",
        (path, "--out", there): "exists: give --overwrite",
    }.items():
        code, out, err = imagette(capsys, "report", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert len(err.splitlines()) == 1
    assert there.read_text() == "mine"
