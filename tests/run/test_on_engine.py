"""A run of one engine goes on, is judged and is begun from on the other."""

import json
import sys

import numpy as np
import pytest

from imagette.engines.with_jax import shards
from imagette.errors import MissingExtra, UsageError
from imagette.experiment import Experiment
from imagette.run.evaluate import evaluate_run
from imagette.run.forecast import forecast
from imagette.run.on_engine import engine_by_now, on_engine
from imagette.run.origin import Origin
from imagette.run.train import Begun, Ended, resume, train_experiment
from imagette.store.folder import RunFolder
from imagette.train.events import Decision, Progress, Remark, Stop
from imagette.train.plan import Planner

ENGINES = ("torch", "jax")
ONE_THREAD = {"name": "torch", "threads": 1}


def other(engine):
    return ENGINES[1 - ENGINES.index(engine)]


def until_a_chunk(events):
    """All events of a training that is told to stop at its first chunk."""
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, Progress):
            seen += [events.send(Stop("enough")), *events]
    return seen


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_is_judged_and_begun_from_on_the_other_engine(engine, experiment, trained):
    # 004-09, 004-31
    ended = trained(experiment(engine={"name": engine, "threads": 1}))
    folder = ended.folder
    evaluation = evaluate_run(folder.path, engine=other(engine))
    assert evaluation.accuracy == ended.evaluation.accuracy
    _, own = folder.read_evaluation("validation")
    _, found = folder.read_evaluation(f"validation-{other(engine)}")
    np.testing.assert_allclose(found["logits"], own["logits"], atol=1e-4)
    begun = experiment(engine={"name": other(engine), "threads": 1}, recipe={"epochs": 0})
    again = trained(begun, origin=Origin(folder.path)).folder
    for name, value in folder.load().weights.items():
        np.testing.assert_array_equal(again.load().weights[name], value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_resumed_on_the_other_engine_stays_there(engine, experiment, trained, monkeypatch):
    # 004-32
    monkeypatch.setattr(Planner, "chunk", 3)
    small = experiment(engine={"name": engine, "threads": 1})
    whole = trained(small).folder
    begun = until_a_chunk(train_experiment(small))
    folder = next(event for event in begun if isinstance(event, Begun)).folder
    said = until_a_chunk(resume(folder.path, engine=other(engine)))
    assert Decision("engine", other(engine), "asked for on resuming") in said
    (remark,) = [e for e in said if isinstance(e, Remark) and "stopped: weights" in e.text]
    assert remark.text == (
        f"goes on with {other(engine)} where {engine} stopped: weights, optimiser, order, "
        "augmentation and dropout carry over; sums are rounded otherwise, so the bits are not "
        "those of one engine"
    )
    assert engine_by_now(small, folder) == other(engine)
    events = list(resume(folder.path))
    begun = next(event for event in events if isinstance(event, Begun))
    assert begun.prepared.experiment.engine.name == other(engine)
    assert isinstance(events[-1], Ended)
    pairs = zip(RunFolder.open(folder.path).history(), whole.history(), strict=True)
    for row, expected in pairs:
        assert row["validation_loss"] == pytest.approx(expected["validation_loss"], rel=1e-3)


def test_a_run_whose_batches_are_cut_otherwise_than_before_says_so(experiment, monkeypatch):
    monkeypatch.setattr(Planner, "chunk", 3)
    monkeypatch.setenv("NPROC", "2")
    small = experiment(engine={"name": "jax", "threads": 2}, recipe={"batch": 20, "epochs": 2})
    begun = until_a_chunk(train_experiment(small))
    assert Decision("shards", 2, "the fixed rule for batches of 20 on 2 threads") in begun
    folder = next(event for event in begun if isinstance(event, Begun)).folder
    told = "number of shards of a batch was {} and is {}: the bits may not be those of one run"
    assert not [e for e in until_a_chunk(resume(folder.path)) if told[:15] in str(e)]
    monkeypatch.setattr(shards, "MOST_SHARDS", 1)
    assert Remark(told.format(2, 1)) in until_a_chunk(resume(folder.path))
    rows = [row for row in folder.decisions() if row["what"] != "shards"]  # as of earlier versions
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder.path / "decisions.jsonl").write_text(lines, encoding="utf-8")
    monkeypatch.undo()
    monkeypatch.setenv("NPROC", "2")
    assert Remark(told.format(1, 2)) in resume(folder.path)


def test_an_unknown_engine_is_refused():
    with pytest.raises(UsageError, match=r"^No engine is called 'tensorflow'\. .*jax, torch\.$"):
        on_engine(Experiment(), "tensorflow")


@pytest.mark.parametrize(
    "changes",
    [
        {"network": {"python": "mine.py:thing"}},
        {"recipe": {"loss": {"python": "mine.py:thing"}}},
        {"recipe": {"optimiser": {"python": "mine.py:thing"}}},
        {"recipe": {"update": {"python": "mine.py:thing"}}},
    ],
    ids=["network", "loss", "optimiser", "update"],
)
def test_code_of_ones_own_stays_on_its_engine(changes):
    own = Experiment(**changes)
    assert on_engine(own, "torch") == own
    with pytest.raises(UsageError) as raised:
        on_engine(own, "jax")
    assert str(raised.value) == (
        "'mine.py:thing' is code of your own, written for torch: jax cannot run it. Leave the "
        "engine as it is, or write the part for jax."
    )


@pytest.mark.parametrize(("module", "library"), [("jax", "JAX"), ("optax", "Optax")])
def test_an_engine_that_is_not_installed_says_how_to_get_it(
    module, library, experiment, trained, monkeypatch
):  # 000-26
    folder = trained(experiment(recipe={"epochs": 0})).folder
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra) as raised:
        evaluate_run(folder.path, engine="jax")
    assert str(raised.value) == (
        f"{library} (engine.name = 'jax') is not installed: pip install 'imagette[jax]', or "
        "--engine torch"
    )


def test_an_absent_engine_is_told_before_data_are_fetched(experiment, monkeypatch):  # 000-26
    monkeypatch.setattr(
        "imagette.run.engine.find_spec", lambda name: None if name == "torch" else name
    )
    monkeypatch.setattr("imagette.run.prepare.open_data", lambda *given: pytest.fail("fetched"))
    for begin in (lambda one: list(train_experiment(one)), forecast):
        with pytest.raises(MissingExtra, match=r"'imagette\[torch\]', or --engine jax$"):
            begin(experiment())
    with pytest.raises(MissingExtra, match=r"pip install 'imagette\[torch\]'$"):  # code is bound
        list(train_experiment(experiment(recipe={"loss": {"python": "mine.py:loss"}})))
