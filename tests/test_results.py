"""README and docs say of the results what results/ gives, and nothing else."""

import doctest
import json
import re
import shutil
from pathlib import Path

import pytest

from imagette.run.publish import publish

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page(load_script):
    return load_script("results")


@pytest.fixture
def root(page, tmp_path):
    """A repository without results."""
    text = f"# Title\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n"
    (tmp_path / "docs").mkdir()
    for path in (tmp_path / "README.md", tmp_path / "docs" / "results.md"):
        path.write_text(text, encoding="utf-8")
    (tmp_path / "results").mkdir()
    shutil.copy(ROOT / "results" / "published.toml", tmp_path / "results")
    return tmp_path


@pytest.fixture
def published(root, small_run):
    publish(small_run, root / "results", name="tiny")
    return root


def test_the_pages_are_what_the_results_give(page, capsys):
    assert page.main(["--check"]) == 0, capsys.readouterr().err


def test_the_figures_of_the_page_are_there():
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert [name for name in shown if not (ROOT / "docs" / name).is_file()] == []


def test_published_runs_on_cifar10_are_far_better_than_40_percent_error():  # 003-24
    errors = []
    for path in (ROOT / "results").glob("*/*/evaluation/test.json"):
        made = json.loads((path.parents[1] / "resolved.json").read_text(encoding="utf-8"))
        if made["data"]["name"] == "cifar10":
            figures = json.loads(path.read_text(encoding="utf-8"))
            assert figures["n"] == 10_000
            errors.append(1 - figures["accuracy"])
    assert len(errors) >= 2
    assert max(errors) < 0.2


def test_without_any_result_the_pages_say_so(page, root):
    assert page.main([], root) == 0
    for name in ("README.md", "docs/results.md"):
        lines = (root / name).read_text(encoding="utf-8").splitlines()
        assert lines[2:5] == [page.BEGIN, page.NONE_YET, page.END]
        assert lines[-1] == "after"


def test_a_page_that_is_old_is_told(page, published, capsys):
    assert page.main(["--check"], published) == 1
    assert (
        "README.md and docs/results.md: out of date, run 'make results'" in capsys.readouterr().err
    )
    assert page.main([], published) == 0
    assert page.main(["--check"], published) == 0
    assert "| [`tiny`](results/tiny) | fashion-sample |" in (published / "README.md").read_text()


def test_a_page_without_its_marks_is_refused(page, root, capsys):
    (root / "README.md").write_text("# nothing\n")
    assert page.main([], root) == 1
    assert "lacks the marks" in capsys.readouterr().err


def test_what_others_published_has_a_source_each(page):
    rows = page.read_published(ROOT / "results" / "published.toml")
    assert len(rows) >= 8
    assert all(row.source.startswith(("https://", "docs/")) for row in rows)
    assert all(0.5 < row.accuracy < 1 for row in rows)


def test_the_examples_of_the_script_run(page):
    assert doctest.testmod(page).failed == 0


def test_runs_that_come_with_imagette_are_listed(page, published):
    shipped = published / "src" / "imagette" / "pretrained"
    shutil.copytree(published / "results" / "tiny" / "0", shipped / "small")
    assert page.main([], published) == 0
    text = (published / "docs" / "results.md").read_text(encoding="utf-8")
    assert "| `pretrained:small` | fashion-sample |" in text
