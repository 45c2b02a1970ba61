"""docs/coverage.md says what the tests say."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "coverage.py"
REQUIREMENTS = "## 001 a source\n- 001-07 counts | operations.\n- 001-T2 a trap.\n"


@pytest.fixture(scope="module")
def coverage(load_script):
    return load_script("coverage")


def test_the_page_is_up_to_date():
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "# 001-07, 001-T2\ndef test_a(): ...",
        "def test_a():  # 001-07\n    # 001-T2 why\n    ...",
        "def test_a():\n    # 001-07, 001-T2\n    ...\n\ndef test_b(): ...",
    ],
)
def test_an_id_belongs_to_the_test_around_or_below_it(coverage, text):
    assert list(coverage.citations(text)) == [("001-07", "test_a"), ("001-T2", "test_a")]


def test_an_id_in_a_text_is_no_citation(coverage):
    assert list(coverage.citations("def test_a():\n    print('# 001-07')")) == []


def test_the_page_counts_what_is_covered_and_what_is_open(coverage):
    made = coverage.page(REQUIREMENTS, {"001-07": ["test_x.py: test_a"]})
    assert "| 001-07 | counts \\| operations. | covered | `test_x.py: test_a` |" in made
    assert "| 001-T2 | a trap. | open |  |" in made
    assert "| 001 | 1 | 1 | 2 |" in made


def test_an_unknown_id_is_refused(coverage):
    with pytest.raises(SystemExit, match=r"^docs/requirements.md has no such id: 009-99 in t: a$"):
        coverage.page(REQUIREMENTS, {"009-99": ["t: a"]})
