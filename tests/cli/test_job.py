"""The jobs of docs/resuming.md: ended by a signal before their limit, the next one goes on."""

import os
import re
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from imagette.cli.main import main
from imagette.store.folder import RunFolder

TEXT = (Path(__file__).parents[2] / "docs" / "resuming.md").read_text(encoding="utf-8")
(SCRIPT,) = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)

# Stands for imagette, and hears a signal among its first steps, as if the system sent it.
IMAGETTE = f"""#!{sys.executable}
import os, sys
from pathlib import Path
from imagette.cli.main import main
from imagette.train import loop

Path("pid").write_text(str(os.getpid()))
real, number = loop.advanced, int(os.environ["SIGNAL"])

def advanced(*arguments):
    if number:
        os.kill(os.getpid(), number)
    return real(*arguments)

loop.advanced = advanced
sys.exit(main(sys.argv[1:]))
"""

EXPERIMENT = """
[data]
name = "fashion-sample"
limit = 300
[network]
name = "softmax"
[recipe]
epochs = 4
batch = 50
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Runs the script as a job that gets the signal, 0 for none; its exit code."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("job.sh", SCRIPT), ("imagette", IMAGETTE), ("mine.toml", EXPERIMENT)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"

    def run(number):
        process = subprocess.Popen(
            ["./job.sh"], env={**os.environ, "PATH": path, "SIGNAL": str(int(number))}
        )
        code = process.wait(timeout=600)
        # The signal goes to the job's own process: that must be imagette, not a shell around it.
        assert int((tmp_path / "pid").read_text()) == process.pid
        return code

    return run


def test_jobs_that_are_ended_lose_nothing(job, tmp_path):  # 001-38
    codes = [job(number) for number in (signal.SIGUSR2, signal.SIGUSR1, 0)]
    assert codes == [75, 75, 0]
    assert job(0) == 0  # nothing is left to do
    assert main(["train", "mine.toml", "--out", "alone"]) == 0
    ours, alone = (RunFolder.open(tmp_path / name) for name in ("runs/mine", "alone"))
    assert ours.history() == alone.history()
    assert ours.load("last").weights_digest == alone.load("last").weights_digest


@pytest.mark.parametrize(
    "line",
    [
        r"oarsub -r \"\S+ (\S+)\" -l walltime=(\S+) --checkpoint 60 --signal 12 \"exec ./job.sh\"",
        r"sbatch .* --begin=\S+T(\S+) .*--time=(\S+) --signal=B:USR1@60 job\.sh",
    ],
)
def test_two_reservations_leave_nine_o_clock_free(line):  # 001-38
    spans = []
    for begin, limit in re.findall(rf"^{line}$", TEXT, re.MULTILINE):
        hours, minutes, seconds = map(int, limit.split(":"))
        start = datetime.strptime(begin, "%H:%M:%S")
        spans.append((start, timedelta(hours=hours, minutes=minutes, seconds=seconds)))
    (first, lasts), (second, then) = spans
    assert max(lasts, then) < timedelta(hours=1)
    assert "08:55" <= (first + lasts).strftime("%H:%M") <= "08:59"
    assert second.strftime("%H:%M") == "09:01"
