"""The certificate that two engines agree, and that it can say no."""

import json

import numpy as np
import pytest

from imagette.errors import MissingExtra, UsageError
from imagette.run.parity import parity
from imagette.run.parity_report import Check, Difference, error_of
from imagette.store.ledger import openings


@pytest.fixture
def small(experiment):
    return lambda **changes: experiment(**{"engine": {"threads": 1}, **changes})


def test_the_engines_agree_on_a_small_experiment(small, tmp_path):
    before = len(openings("fashion-sample"))
    report = parity(small(), steps=7, num_images=9)
    assert report.agrees
    assert [check.what for check in report.checks] == ["logits", "gradients", "losses"]
    assert [side.engine for side in report.sides] == ["torch", "jax"]
    assert [step.step for step in report.steps] == list(range(7))
    assert {one.name for one in report.gradients} == {
        "conv1.weight", "conv1.bias", "linear1.weight", "linear1.bias",
    }  # fmt: skip
    assert [node.name for node in report.nodes][:2] == ["conv1", "relu1"]
    assert report.num_images == 9
    assert json.loads(json.dumps(report.as_json(), allow_nan=False))["agrees"] is True
    assert len(openings("fashion-sample")) == before  # 000-12
    assert not (tmp_path / "runs").exists()


def test_the_engines_agree_on_all_that_a_recipe_says_of_its_steps(small):
    recipe = {
        "optimiser": {"name": "muon", "rest": {"name": "sgd", "momentum": 0.9}},
        "groups": [{"match": "*.bias", "rate": 2.0}],
        "averaging": {"name": "lookahead", "every": 2},
        "clip": 0.5,
        "accumulate": 3,
    }
    report = parity(small(recipe=recipe), steps=5, num_images=9)
    assert report.agrees
    plain = parity(small(recipe={"accumulate": 3}), steps=1, num_images=2)
    # Gradients are those of the loss, whatever the recipe makes of them.
    assert [one.name for one in plain.gradients] == [one.name for one in report.gradients]
    assert max(one.error for one in report.gradients) < 1e-4


def test_the_experiments_own_engine_is_the_reference(small):
    report = parity(small(engine={"name": "jax", "threads": 1}), steps=1, num_images=2)
    assert [side.engine for side in report.sides] == ["jax", "torch"]


def test_a_wrong_gradient_is_told(small, monkeypatch):
    from imagette.engines.with_jax import losses

    right = losses._LOWERINGS.copy()
    for kind, lower in right.items():
        monkeypatch.setitem(
            losses._LOWERINGS, kind, lambda spec, lower=lower: lambda *x: 1.01 * lower(spec)(*x)
        )
    report = parity(small(), steps=2, num_images=2)
    assert [check.holds for check in report.checks] == [True, False, False]
    assert all(check.is_telling for check in report.checks)
    assert report.checks[1].error == pytest.approx(0.01, rel=0.1)


def test_fewer_steps_are_taken_where_the_recipe_has_fewer(small):
    report = parity(small(recipe={"epochs": 1, "batch": "all"}), num_images=2)
    assert len(report.steps) == 1


def test_without_steps_there_is_nothing_to_compare(small):
    with pytest.raises(UsageError, match=r"^parity takes training steps\. Got recipe\.epochs = 0"):
        parity(small(recipe={"epochs": 0}))


def test_code_of_ones_own_is_refused(small):
    with pytest.raises(UsageError, match=r"^'mine\.py:loss' is code of your own, written for torc"):
        parity(small(recipe={"loss": {"python": "mine.py:loss"}}))


def test_both_engines_are_needed(small, monkeypatch):  # 000-26
    monkeypatch.setattr(
        "imagette.run.engine.find_spec", lambda name: None if name == "jax" else name
    )
    with pytest.raises(MissingExtra) as raised:
        parity(small())
    assert str(raised.value) == (
        "parity runs torch and jax: JAX is not installed: pip install 'imagette[jax]'"
    )


def test_frozen_kernels_are_no_statistics(small):
    text = "conv 4 5x5 frozen=yes\nrelu\nbatchnorm\nflatten\nlinear classes"
    report = parity(small(network={"text": text}), steps=2, num_images=2)
    assert {one.name for one in report.frozen} == {"conv1.weight"}
    assert {one.name for one in report.statistics} == {"batchnorm1.mean", "batchnorm1.var"}
    assert [one.error for one in report.frozen] == [0.0]


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.2),
        ([0.0], [1e-6], 1e-3),  # what is small is taken relative to 0.001
        ([float("nan")], [float("nan")], float("inf")),
        ([1.0], [float("inf")], float("inf")),
    ],
)
def test_an_error_is_relative_to_the_largest_number(a, b, error):
    assert error_of(np.array(a), np.array(b)) == pytest.approx(error)


def test_a_check_holds_up_to_its_limit():
    assert Check("logits", 1e-5, "x", 1e-5, 0.0).holds
    assert not Check("logits", float("inf"), "x", 1e-5, 0.0).holds
    assert not Check("gradients", 1.0, "x", 1e-4, 1e-2).is_telling
    assert Difference("x", 1.0).rounding == 0
