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
        (path, "--best", path, "--layer", "linear1"): "are for the page of one run, not --best.",
    }.items():
        code, out, err = imagette(capsys, "report", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert len(err.splitlines()) == 1
    assert there.read_text() == "mine"


def test_the_account_of_several_runs_is_written_here(make_run, tmp_path, capsys, monkeypatch):
    # 001-40
    monkeypatch.chdir(tmp_path)
    make_run("all/a", right=[True] * 20)
    best = make_run("all/b", right=[True] * 20, recipe={"batch": 16})
    code, out, err = imagette(capsys, "report", "all", "--best", best.path)
    assert (code, out, err) == (0, "account account.html\n", "")
    code, out, _ = imagette(
        capsys, "report", "all", "--best", "all/b", "--format", "md", "--lang", "fr"
    )
    assert (code, out) == (0, "account account.md\n")
    assert "## Ce qui est attendu" in (tmp_path / "account.md").read_text(encoding="utf-8")


def test_a_mistake_in_an_account_is_one_clear_line(make_run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, other = make_run("one"), make_run("other", recipe={"batch": 16})
    (tmp_path / "account.html").write_text("mine")
    for words, said in {
        (one.path, other.path): "report takes one run, or --best RUN for the account of several.",
        (one.path, "--best", other.path, "--out", "x.html"): "is not among the runs",
        (one.path, "--best", "nothing"): "account.html' exists: give --overwrite",
        (one.path, "--best", "nothing", "--out", "x.html"): "nothing is not a run",
    }.items():
        code, out, err = imagette(capsys, "report", *words)
        assert (code, out) == (2, "")
        assert said in err
        assert len(err.splitlines()) == 1
    assert (tmp_path / "account.html").read_text() == "mine"


def test_a_run_is_told_in_markdown_too(make_run, capsys):
    path = make_run().path
    code, out, _ = imagette(capsys, "report", path, "--format", "md")
    assert (code, out) == (0, f"report  {path / 'report.md'}\n")
    assert (path / "report.md").read_text(encoding="utf-8").startswith("# made\n")
