"""A run trained again from its folder: the same, or where it first differs and why."""

import json
from itertools import count

import pytest

from imagette.errors import UsageError
from imagette.run.origin import Origin
from imagette.run.reproduce import Difference, reproduce
from imagette.run.train import resume, train_experiment
from imagette.store.folder import RunFolder
from imagette.train.events import Decision, EpochRow, Stop


def again(folder, tmp_path, **options):
    """The comparison at the end of a second training."""
    events = reproduce(folder.path, tmp_path / "again", **options)
    try:
        while True:
            next(events)
    except StopIteration as ended:
        return ended.value


def changed(path, change):
    """Rewrites a file of JSON lines."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_a_run_comes_out_the_same(engine, experiment, trained, tmp_path):  # 000-14
    folder = trained(experiment(engine={"name": engine})).folder
    found = again(folder, tmp_path)
    assert (found.difference, found.rows, found.checkpoints) == (None, 3, (0, 5, 10))
    assert RunFolder.open(found.again).load().weights_digest == folder.load().weights_digest


def test_its_first_steps_can_be_enough(experiment, trained, tmp_path):
    folder = trained(experiment(recipe={"epochs": 3})).folder
    found = again(folder, tmp_path, steps=3)
    assert (found.difference, found.rows, found.checkpoints) == (None, 2, (5,))


def test_a_run_that_was_stopped_is_repeated_as_far_as_it_went(experiment, tmp_path):
    events = train_experiment(experiment(recipe={"epochs": 9}))
    for event in events:
        if isinstance(event, EpochRow) and event.figures["epoch"] == 2:
            *_, _last = [events.send(Stop("enough")), *events]
    found = again(RunFolder.open(tmp_path / "runs" / "small"), tmp_path)
    assert (found.difference, found.rows) == (None, 3)


def test_the_first_difference_is_named_and_ends_it(experiment, trained, tmp_path):
    folder = trained(experiment(recipe={"epochs": 3})).folder
    loss = folder.history()[2]["train_loss"]
    changed(folder.path / "history.jsonl", lambda rows: rows[2].update(train_loss=0.5))
    found = again(folder, tmp_path)
    assert found.difference == Difference(2, "train_loss", 0.5, loss)
    assert found.rows == 3
    assert found.reasons == ()


def test_other_versions_and_machines_are_named_as_likely_reasons(experiment, trained, tmp_path):
    folder = trained(experiment()).folder
    about = {**folder.environment(), "torch": "1.0", "jax": "0.1", "processor": "an abacus"}
    (folder.path / "environment.json").write_text(json.dumps(about))
    changed(folder.path / "history.jsonl", lambda rows: rows[0].update(validation_loss=1))
    first, second = again(folder, tmp_path).reasons
    assert first.startswith("torch was 1.0 and is ")
    assert second.startswith("processor was an abacus and is ")


def test_weights_are_compared_where_history_is_the_same(experiment, trained, tmp_path):
    folder = trained(experiment()).folder
    card = folder.load().card
    saved = folder.load(10)
    moved = {**saved.weights, "conv1.bias": saved.weights["conv1.bias"] + 1}
    folder.write_checkpoint(10, moved, saved.state, card, saved.meta)
    difference = again(folder, tmp_path).difference
    assert (difference.epoch, difference.field) == (2, "weights after step 10")


def test_a_run_that_ended_earlier_differs_in_its_epochs(experiment, trained, tmp_path):
    folder = trained(experiment()).folder
    changed(folder.path / "history.jsonl", lambda rows: rows.pop())
    assert again(folder, tmp_path).difference == Difference(2, "epochs", 1, 2)


def test_a_run_from_the_weights_of_another_begins_with_the_same(experiment, trained, tmp_path):
    first = trained(experiment()).folder
    folder = trained(experiment(), origin=Origin(first.path, ("linear1",))).folder
    assert folder.environment()["from"] == {"run": str(first.path), "reset": ["linear1"]}
    assert again(folder, tmp_path).difference is None


def test_a_run_killed_under_a_time_budget_and_resumed_is_its_plans_and_no_more(
    experiment, tmp_path, monkeypatch
):  # 004-32
    clock = count(0.0, 0.02).__next__  # every look at it takes a fiftieth of a second
    monkeypatch.setattr("imagette.run.train.perf_counter", clock)
    monkeypatch.setattr("imagette.run.training.perf_counter", clock)
    timed = experiment(recipe={"epochs": "budget", "schedule": "cosine"}, budget={"minutes": 0.3})
    events, plans = train_experiment(timed), 0
    while plans < 2:
        event = next(events)
        plans += isinstance(event, Decision) and event.what == "steps"
    next(events)
    events.close()
    folder = RunFolder.open(tmp_path / "runs" / "small")
    list(resume(folder.path))
    assert sum(row["what"] == "steps" for row in folder.decisions()) > 2
    found = again(folder, tmp_path)
    assert found.difference is None
    assert found.rows == len(folder.history())


def test_a_run_on_two_engines_cannot_be_repeated_and_says_so(experiment, trained, tmp_path):
    folder = trained(experiment()).folder
    folder.append_decision({"what": "engine", "value": "jax", "because": "asked for"})
    with pytest.raises(UsageError, match="went on with another engine"):
        again(folder, tmp_path)


def test_a_run_without_a_row_has_nothing_to_compare(experiment, tmp_path):
    events = train_experiment(experiment())
    next(events)
    events.close()
    with pytest.raises(UsageError, match="has no row of history yet"):
        again(RunFolder.open(tmp_path / "runs" / "small"), tmp_path)
