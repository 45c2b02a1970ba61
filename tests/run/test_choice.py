"""Precision and threads that are "auto": the rule, what is remembered, what is put on record."""

import json
from functools import partial

import pytest

import imagette.run.choice
from imagette.engines.protocol import EngineSpec
from imagette.network import named, parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.choice import MARGIN, decided, settle, step_seconds
from imagette.run.evaluate import evaluate_run
from imagette.run.forecast import forecast
from imagette.run.prepare import prepare
from imagette.run.profile import profile
from imagette.run.train import Begun, Ended, resume, train_experiment
from imagette.store.choices import choices_path
from imagette.train.events import Checkpoint, Decision, Stop

NORM = walk(parse("conv 4 3x3 pad=same\nbatchnorm\nrelu\nmean\nlinear classes"), (1, 8, 8), 10)
AUTO = EngineSpec(device="cpu", precision="auto", threads=1)
BATCH = Recipe(batch=16)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))


def taking(*seconds):
    """A measurement that finds these seconds, model by model, in three rounds; the first is odd."""
    odd = [9.0, *seconds[1:]]
    return lambda models, planner, first: [odd, list(seconds), list(seconds)]


def never(models, planner, first):
    raise AssertionError("it was measured already")


@pytest.mark.parametrize(
    ("half", "taken"),
    [(0.5, "bfloat16"), (0.999 / MARGIN, "bfloat16"), (1.001 / MARGIN, "float32")],
)
def test_bfloat16_is_taken_where_it_is_faster_by_the_margin(half, taken):
    found = settle(AUTO, NORM, BATCH, measure=taking(1.0, half))
    assert found.engine == AUTO.model_copy(update={"precision": taken})
    (decision,) = found.decisions
    assert (decision.what, decision.value) == ("precision", taken)


def test_the_decision_says_what_was_measured_and_by_which_rule():
    (decision,) = settle(AUTO, NORM, BATCH, measure=taking(0.02, 0.01)).decisions
    assert decision.because == (
        "measured, a step: float32 on 1 thread 20 ms; bfloat16 on 1 thread 10 ms, 2.00 times as "
        "fast; taken from 1.1 times on"
    )
    (again,) = settle(AUTO, NORM, BATCH, measure=never).decisions
    assert again.because == decision.because.replace("measured", "measured before, on this machine")


def test_threads_are_chosen_alone_or_together_with_the_precision(monkeypatch):
    monkeypatch.setattr(imagette.run.choice, "usable_cores", lambda: 6)
    monkeypatch.setattr("imagette.machine.usable_cores", lambda: 6)
    threads = EngineSpec(device="cpu", threads="auto")
    # The fixed rule's six come first, then 1, 2 and 4.
    found = settle(threads, NORM, BATCH, measure=taking(1.0, 0.95, 0.5, 0.6))
    assert (found.engine.precision, found.engine.threads) == ("float32", 2)
    both = EngineSpec(device="cpu", threads="auto", precision="auto")
    found = settle(both, NORM, BATCH, measure=taking(1.0, 2.0, 2.0, 2.0, 0.8, 0.4, 0.8, 0.8))
    assert (found.engine.precision, found.engine.threads) == ("bfloat16", 1)
    assert [one.what for one in found.decisions] == ["precision", "threads"]
    assert found.decisions[1].because == "by the same measurement"


@pytest.mark.parametrize(
    ("graph", "recipe", "engine"),
    [
        (NORM, Recipe(batch=8), AUTO),
        (NORM, Recipe(batch=16, accumulate=2), AUTO),
        (NORM, BATCH, AUTO.model_copy(update={"threads": 2})),
        (walk(named("softmax"), (1, 8, 8)), BATCH, AUTO),
        (walk(parse("mean\nlinear classes"), (4, 8, 8), 10), BATCH, AUTO),
    ],
    ids=["batch", "parts", "threads", "network", "input"],
)
def test_it_is_measured_again_for_another(graph, recipe, engine):
    settle(AUTO, NORM, BATCH, measure=taking(1.0, 0.5))
    assert settle(engine, graph, recipe, measure=taking(1.0, 2.0)).engine.precision == "float32"


@pytest.mark.parametrize("what", ["processor", "torch", "cores"])
def test_it_is_measured_again_on_another_machine_or_version(what, monkeypatch):
    settle(AUTO, NORM, BATCH, measure=taking(1.0, 0.5))
    here = imagette.run.choice.environment()
    monkeypatch.setattr(imagette.run.choice, "environment", lambda: {**here, what: "another"})
    assert settle(AUTO, NORM, BATCH, measure=taking(1.0, 2.0)).engine.precision == "float32"


def test_rates_and_seeds_need_no_measurement_of_their_own():
    settle(AUTO, NORM, BATCH, measure=taking(1.0, 0.5))
    other = Recipe(batch=16, optimiser={"name": "sgd", "rate": 0.3}, epochs=100)
    assert settle(AUTO, NORM, other, measure=never).engine.precision == "bfloat16"


def test_the_clock_is_read_around_real_steps_of_each_model_in_turn(tmp_path):
    turns = []

    def watched(models, planner, first):
        turns.extend(model.device.rpartition(", ")[2] for model in models)
        return step_seconds(models, planner, first)

    settle(AUTO, NORM, BATCH, measure=watched)
    assert turns == ["float32", "bfloat16"]
    (choice,) = json.loads(choices_path().read_text())["choices"]
    assert all(row["step_seconds"] > 0 for row in choice["value"]["measured"])


def test_nothing_is_measured_or_written_where_nothing_is_left_open():
    asked = EngineSpec(precision="bfloat16")
    assert settle(asked, NORM, BATCH, measure=never).engine == asked
    assert not choices_path().exists()


def test_jax_says_why_it_stays_as_it_is():
    asked = EngineSpec(name="jax", precision="auto", threads="auto")
    found = settle(asked, NORM, BATCH, measure=never)
    assert found.engine == EngineSpec(name="jax")
    assert [one.because for one in found.decisions] == [
        "JAX trains in float32 alone",
        "the fixed rule: JAX takes its threads when it starts, before it can be measured",
    ]


@pytest.fixture
def half_is_faster(monkeypatch):
    """Every training finds bfloat16 twice as fast, once; a second measurement fails."""
    measured = []

    def once(models, planner, first):
        assert not measured, "it was measured already"
        measured.append(True)
        return taking(1.0, 0.5)(models, planner, first)

    for module in ("train", "forecast"):
        monkeypatch.setattr(f"imagette.run.{module}.decided", partial(decided, measure=once))


@pytest.fixture
def auto(experiment):
    return experiment(engine={"device": "cpu", "precision": "auto", "threads": 1})


def test_a_run_is_the_one_that_asks_for_what_was_chosen(auto, experiment, trained, half_is_faster):
    ended = trained(auto)
    asked = trained(experiment(engine={"device": "cpu", "precision": "bfloat16", "threads": 1}))
    assert ended.folder.history() == asked.folder.history()
    assert ended.folder.resolved()["engine"]["precision"] == "auto"
    decisions = {row["what"]: row["value"] for row in ended.folder.decisions()}
    assert decisions == {"threads": 1, "precision": "bfloat16"}
    assert "decided: precision = bfloat16 (measured" in ended.folder.log_path.read_text()
    judged = evaluate_run(ended.folder.path)  # in float32, and nothing is measured
    assert judged.accuracy == ended.evaluation.accuracy


def test_the_decision_is_on_the_disk_before_the_first_step(auto, half_is_faster):
    events = train_experiment(auto)
    begun = next(event for event in events if isinstance(event, Begun))
    while not isinstance(event := next(events), Decision) or event.what != "precision":
        assert isinstance(event, Decision)
    assert begun.folder.decisions()[-1]["value"] == "bfloat16"
    assert not begun.folder.history()


def stopped_in(events, epoch):
    """The folder of a training that is told to stop at its checkpoint in `epoch`."""
    folder, event = None, None
    while not isinstance(event, Checkpoint) or event.position.epoch < epoch:
        event = next(events)
        folder = event.folder if isinstance(event, Begun) else folder
    events.send(Stop("enough"))
    list(events)
    return folder


def test_resumed_it_repeats_the_choice_without_measuring(auto, trained, half_is_faster):  # 004-32
    whole = trained(auto).folder
    folder = stopped_in(train_experiment(auto), 2)
    choices_path().unlink()  # the run itself knows
    *_, ended = resume(folder.path)
    assert isinstance(ended, Ended)
    assert ended.folder.history() == whole.history()
    assert len(ended.folder.decisions()) == 2


def test_on_the_other_engine_it_is_decided_anew(auto, half_is_faster):
    folder = stopped_in(train_experiment(auto), 1)
    made = [event for event in resume(folder.path, engine="jax") if isinstance(event, Decision)]
    decided_now = {one.what: one.value for one in made}
    assert (decided_now["engine"], decided_now["precision"]) == ("jax", "float32")


def test_plan_and_profile_take_the_same_choice(auto, half_is_faster):
    found = forecast(auto, seconds=0.05)
    (decision,) = found.decisions
    assert found.device.endswith(decision.value)
    assert found.as_json()["decisions"][0]["value"] == "bfloat16"
    graph = prepare(auto).graph
    profiled = profile(graph, auto.engine, batch=64, seconds=0.1, measure=never)
    assert (profiled.precision, profiled.decisions[0].value) == ("bfloat16", "bfloat16")
