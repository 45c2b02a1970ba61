"""Real processes, killed at random moments: what they leave is gone on with, bit for bit."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COUNT = 6


@pytest.mark.system
@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_a_killed_run_ends_as_one_that_was_left_alone(engine, tmp_path, monkeypatch):  # 004-32
    monkeypatch.syspath_prepend(str(ROOT))
    kill = import_module("benchmarks.kill")
    monkeypatch.setattr(
        kill, "NETWORK", "conv 4 3x3\nrelu\nmaxpool 4\nflatten\ndropout 0.2\nlinear classes"
    )
    found = list(kill.outcomes(engine, COUNT, seed=1, place=tmp_path))
    assert [killed.same for killed in found] == [True] * COUNT, [k.said for k in found]
