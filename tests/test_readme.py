"""The README's own commands: every block marked as a test is run, in order, in one empty folder.

A block is a test if its fence says so: ```sh test or ```python test. The blocks share one working
folder, so that a later command finds the runs of an earlier one; each Python block is a program
of its own. A block that needs the network, or minutes, is left unmarked.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^```(sh|python) test\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def marked_blocks(text: str) -> list[tuple[str, str]]:
    """The blocks to run, as (language, code)."""
    return [(found[1], found[2]) for found in FENCE.finditer(text)]


def run_block(language: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if language == "python" else ["sh", "-ec", code]
    scripts = str(Path(sys.executable).parent)
    places = {f"IMAGETTE_{name}": str(folder / name.lower()) for name in ("CACHE", "STATE")}
    environment = {**os.environ, **places, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def failures(text: str, folder: Path) -> list[str]:
    """What went wrong, block by block; empty if all ended well."""
    ended = [(code, run_block(language, code, folder)) for language, code in marked_blocks(text)]
    return [f"{code}\n{done.stdout}{done.stderr}" for code, done in ended if done.returncode]


def test_the_commands_of_the_readme_run(tmp_path):
    # 001-43
    text = README.read_text(encoding="utf-8")
    assert len(marked_blocks(text)) >= 2
    assert failures(text, tmp_path) == []


@pytest.mark.parametrize("language", ["sh", "python"])
def test_a_block_that_fails_is_reported(language, tmp_path):
    text = f"# Title\n\n```{language} test\nwakl()\n```\n"
    (failure,) = failures(text, tmp_path)
    assert "wakl" in failure


def test_an_unmarked_block_is_not_run(tmp_path):
    assert marked_blocks("```sh\nfalse\n```\n\n```sh test\ntrue\n```\n") == [("sh", "true\n")]


def test_a_later_block_sees_the_files_of_an_earlier_one(tmp_path):
    text = "```sh test\necho 1 > made\n```\n\n```python test\nprint(open('made').read())\n```\n"
    assert failures(text, tmp_path) == []
