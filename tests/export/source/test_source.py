"""An exported file computes and trains what the engine does, alone in a process of its own."""

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from imagette.errors import ExportError

FRAMEWORKS = ("torch", "jax", "haiku")


def error_of(found, expected):
    """As the engines' agreement is measured."""
    return np.abs(found - expected).max() / max(1e-3, np.abs(expected).max())


def test_it_gives_the_logits_and_the_losses_of_its_engine(
    case, framework, cases, found, engine_of_case
):
    # 001-40, 004-44, 000-02
    given = found(framework)[case]
    expected = engine_of_case(cases[case], framework)
    assert error_of(given["logits"], expected.logits) <= 1e-5
    assert len(given["losses"]) == len(expected.losses) > 2
    np.testing.assert_allclose(given["losses"], expected.losses, rtol=1e-3, atol=1e-6)
    assert error_of(given["after"], expected.after) <= 2e-2  # what is kept: averages, if any


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_file_is_as_ruff_has_it(framework, cases, written, tmp_path):
    for number, one in enumerate(cases.values()):
        with suppress(ExportError):  # Haiku has no words for some
            (tmp_path / f"network{number}.py").write_text(written(one, framework))
    assert len(list(tmp_path.iterdir())) > 20
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--select", "E,F,W,I,B,UP,SIM,RET,C4,PIE"]
    for command in (["check", "--isolated", *rules], ["format", "--isolated", "--diff"]):
        done = subprocess.run([*ruff, *command, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("case_name", "said"), [("muon", "Muon"), ("groups", "groups of weights")])
def test_what_haiku_has_no_words_for_is_named(case_name, said, cases, written):
    with pytest.raises(ExportError, match=f"no words for {said}: take --to jax"):
        written(cases[case_name], "haiku")
