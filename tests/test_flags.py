"""The commands and options are those of tests/flags.txt; `make flags` writes it anew."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_command_or_option_comes_or_goes_unseen():
    check = [sys.executable, str(ROOT / "scripts" / "flags.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_the_list_is_sorted_and_names_every_command_once():
    lines = (ROOT / "tests" / "flags.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    assert lines[0] == "imagette"
