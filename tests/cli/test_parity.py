import json

import pytest

from imagette.cli.main import main
from imagette.engines.with_jax.layers import LOWERINGS
from imagette.network import ReLU

WORDS = ["parity", "first_light", "--set", "engine.threads=1", "--set", "data.limit=100"]
WORDS += ["--set", "recipe.batch=20", "--images", "3", "--steps", "3"]


def test_the_certificate_fits_in_80_columns_and_ends_in_a_verdict(capsys):
    assert main(WORDS) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "torch and jax AGREE"
    for part in ("1 thread, float32", "numpy", "jaxlib", "F8 linear1", "<- largest", "3 training"):
        assert part in said


def test_json_holds_the_same(capsys):
    assert main([*WORDS, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["agrees"] is True
    assert len(said["steps"]) == 3


def test_engines_that_differ_exit_with_1(capsys, monkeypatch):
    monkeypatch.setitem(LOWERINGS, ReLU, lambda layer: lambda call: call.inputs[0])
    assert main(WORDS) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "torch and jax DO NOT AGREE: logits, gradients, losses"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["first_lite"], "Did you mean 'first_light'?"),
        (["first_light", "--steps", "0"], "--steps"),
        (["first_light", "--set", "recipe.epochs=0"], "parity takes training steps"),
    ],
)
def test_a_mistake_is_one_clear_line(capsys, words, message):
    assert main(["parity", *words]) == 2
    assert message in capsys.readouterr().err


def test_it_answers_across_precisions_of_one_engine(capsys):
    assert main([*WORDS, "--precision", "bfloat16"]) == 1
    said = capsys.readouterr().out
    assert "loss float32  loss bfloat16" in said
    assert said.splitlines()[-1].startswith("float32 and bfloat16 DO NOT AGREE: ")
