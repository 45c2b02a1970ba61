"""The lessons run from top to bottom, each in an empty folder, as a learner would run them.

On the embedded sample here; on the sets of their sources among the system tests.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[1] / "lessons").glob("*.py"))
MARKDOWN = re.compile(r"^# %% \[markdown\]\n(.*?)(?=^# %%|\Z)", re.MULTILINE | re.DOTALL)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)


def run(lesson: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(lesson)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_of_the_five_sources_has_a_lesson():  # 000-05
    assert [path.stem[:3] for path in LESSONS] == ["000", "001", "002", "003", "004"]


# 001-43, 000-27
@each_lesson
def test_a_lesson_runs_without_network_or_display(lesson, tmp_path):
    done = run(lesson, tmp_path, IMAGETTE_LESSON_DATA="fashion-sample")
    assert (done.returncode, done.stderr[-2000:]) == (0, "")
    assert list(tmp_path.rglob("*.png"))
    # 002-24, 003-13: pictures, each with its true and its predicted class
    assert (tmp_path / "mistakes.png").exists() == (lesson.stem[:3] in ("002", "003"))


@pytest.mark.system
@pytest.mark.usefixtures("real_cache")
@each_lesson
def test_a_lesson_runs_on_the_data_of_its_source(lesson, tmp_path, monkeypatch):
    monkeypatch.delenv("IMAGETTE_LESSON_DATA", raising=False)
    done = run(lesson, tmp_path)
    assert (done.returncode, done.stderr[-2000:]) == (0, "")


@each_lesson
def test_a_lesson_is_cells_of_text_and_code_that_ask_the_learner_something(lesson):  # 003-28
    text = lesson.read_text(encoding="utf-8")
    words = "".join(MARKDOWN.findall(text))
    assert all(line.startswith("#") for line in words.splitlines() if line)
    assert any(ask in words for ask in ("Question:", "Exercise:", "Look at"))


def test_a_lesson_without_its_engine_ends_in_one_line(tmp_path):  # 000-26
    (lesson,) = (one for one in LESSONS if one.stem.startswith("000"))
    absent = tmp_path / "absent.py"
    run_it = f"import runpy, sys\nsys.modules['torch'] = None\nrunpy.run_path({str(lesson)!r})"
    absent.write_text(run_it)
    done = run(absent, tmp_path, IMAGETTE_LESSON_DATA="fashion-sample")
    assert done.returncode == 1
    assert done.stderr == "this lesson needs torch: pip install 'imagette[torch]'\n"
