"""The fuzzer finds what it is there to find, and a part of its inputs in every run of the tests."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EACH = 20  # inputs of each kind; `python -m benchmarks.fuzz` tries as many as one likes

ROGUE = """
import os, sys, tempfile, time
from pathlib import Path
from benchmarks.fuzz.guard import Guard, limit_memory
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.trial import try_input
from imagette.errors import DataError

def outside(folder):
    Path("/tmp/imagette-outside").write_text("x")

def endless(folder):
    while True:
        pass

def greedy(folder):
    return bytes(1 << 31)

def codes(folder):
    os.system("true")

def silent(folder):
    raise DataError("something is wrong")

def right(folder):
    raise DataError(f"{folder / 'a'} is damaged")

with tempfile.TemporaryDirectory() as made:
    guard = Guard(Path(made))
    limit_memory()
    for read in (outside, endless, greedy, codes, silent, right, lambda folder: {}["x"], str):
        kind = Kind("made", lambda folder: None, read, lambda value, _: True)
        print(try_input(kind, {"a": b"x"}, Path(made) / "place", guard).word)
    kind = Kind("made", lambda folder: None, lambda folder: "", lambda value, _: len(value) > 3)
    print(try_input(kind, {"a": b"x"}, Path(made) / "place", guard).word)
"""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_each_kind_of_surprise_is_seen():
    done = run("-c", ROGUE)
    assert done.stdout.splitlines() == [
        "touched what is not its own",
        "hang",
        "memory",
        "touched what is not its own",
        "unclear message",
        "refused",
        "KeyError",
        "value",
        "wrong value",
    ], done.stderr


def test_inputs_of_every_kind_bring_no_surprise(monkeypatch):
    # 000-T5
    monkeypatch.syspath_prepend(str(ROOT))
    kinds = import_module("benchmarks.fuzz.kinds").KINDS
    count = str(EACH * len(kinds))
    done = run("-m", "benchmarks.fuzz", "--count", count, "--workers", "2", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"n = {EACH * len(kinds):,} " in done.stdout


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_seeds_give_equal_inputs(monkeypatch, tmp_path, seed):
    monkeypatch.syspath_prepend(str(ROOT))
    kind = import_module("benchmarks.fuzz.kinds").KINDS["idx"]
    kind.make(tmp_path)
    good = import_module("benchmarks.fuzz.files").read_files(tmp_path)
    first = [kind.input(good, seed, number) for number in range(20)]
    assert first == [kind.input(good, seed, number) for number in range(20)]
    assert first[0] == good
    assert len({str(files) for files in first}) > 15
