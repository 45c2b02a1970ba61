"""The loop under a time budget, on a clock that the model itself moves on."""

from dataclasses import replace

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.network import parse, walk
from imagette.recipe.horizon import Leg
from imagette.recipe.recipe import Recipe
from imagette.train.decide import CHUNK, STEPS
from imagette.train.events import Checkpoint, Decision, EpochRow, Finished, Progress, Remark
from imagette.train.loop import Start, train
from imagette.train.pace import Pace, TimeBudget
from imagette.train.plan import Planner

SECONDS = 1000.0
SIZED = "conv 64 3x3\nrelu\nconv 64 3x3\nmean\nlinear classes"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def paced(make_training, counting_model):
    """A training of 3-step epochs whose steps and predictions take what they are told to."""

    def make(step_seconds=1.0, evaluation_seconds=2.0, budget=SECONDS, spent=0.0, **recipe):
        clock, model, ending = Clock(), counting_model(), evaluation_seconds + 0.5
        take, look = model.advance, model.predict

        def advance(state, plan):
            for step in range(plan.first_step, plan.first_step + plan.num_steps):
                clock.now += step_seconds(step) if callable(step_seconds) else step_seconds
            return take(state, plan)

        def predict(weights, images, batch):
            clock.now += evaluation_seconds if len(images) == 4 else 0
            return look(weights, images, batch)

        model.advance, model.predict = advance, predict
        recipe = {"epochs": "budget", "schedule": "cosine", **recipe}
        training = make_training(model, **recipe)
        return replace(
            training, clock=clock, budget=TimeBudget(budget, clock.now, spent, ending)
        ), clock

    return make


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def final(events):
    (finished,) = of(Finished, events)
    return finished


def test_it_ends_within_three_hundredths_of_the_budget_and_never_above(paced, start):
    # 001-32, 001-33
    training, clock = paced()
    events = list(train(training, start))
    assert 0.97 * SECONDS <= clock.now + 2.0 <= SECONDS  # and 2 s to evaluate once more
    assert final(events).complete
    assert final(events).reason.endswith("epochs fitted into the 16.6667 min of the budget")


@pytest.mark.parametrize(
    "step_seconds",
    [
        lambda step: 0.5 if step < 200 else 2.0,  # the machine slows down
        lambda step: 2.0 if step < 200 else 0.5,  # it speeds up
        lambda step: 61.0 if step == 300 else 1.0,  # it stalls for a minute in the middle
        lambda step: 1.0 + 0.5 * (step % 7 == 0),
    ],
    ids=["slower", "faster", "a stall", "uneven"],
)
def test_a_machine_that_changes_its_speed_is_planned_for_anew(paced, start, step_seconds):
    training, clock = paced(step_seconds)
    events = list(train(training, start))
    assert 0.97 * SECONDS <= clock.now + 2.0 <= SECONDS
    assert of(Decision, events)


def test_the_schedule_ends_where_the_training_does(paced, start):  # 001-34
    events = list(train(paced(lambda step: 1.0 if step < 100 else 1.5)[0], start))
    rates = [row.figures["rate"] for row in of(EpochRow, events)[1:]]
    assert rates[-1] < 1e-3 * rates[0]
    assert (np.diff(rates) <= 0).all()


def test_the_last_epoch_may_be_cut_short_and_has_its_row_and_checkpoint(paced, start):
    events = list(train(paced(budget=29.0, evaluation_seconds=0.5)[0], start))
    row, checkpoint = of(EpochRow, events)[-1], of(Checkpoint, events)[-1]
    assert checkpoint.position.step == row.figures["step"] == final(events).steps
    assert checkpoint.position.step % 3
    assert row.figures["share"] == (row.figures["step"] % 3) / 3  # the others have none
    assert final(events).epochs == row.figures["step"] / 3
    assert not any("share" in one.figures for one in of(EpochRow, events)[:-1])
    assert row.figures["images"] == 10 * (row.figures["epoch"] - 1) + 4 * (row.figures["step"] % 3)


def test_epochs_that_fit_are_trained_as_asked(paced, start):
    events = list(train(paced(epochs=10)[0], start))
    assert of(Decision, events) == []
    assert (final(events).epochs, final(events).reason) == (10, "all epochs are done")


def test_epochs_that_do_not_fit_are_cut_and_the_schedule_with_them(paced, start):
    training, clock = paced(epochs=1000)
    events = list(train(training, start))
    assert 0.97 * SECONDS <= clock.now + 2.0 <= SECONDS
    assert of(Decision, events)[0].what == "steps"
    assert of(EpochRow, events)[-1].figures["rate"] < 1e-4 * 0.01


def test_a_plan_is_decided_before_it_takes_effect_and_says_why(paced, start):
    events = list(train(paced()[0], start))
    first = next(event for event in events if isinstance(event, Decision))
    assert first.value.keys() == {"begin", "end"}
    assert "epochs fit: after 14.0 of 1000 s a step takes 1,000.0 ms" in first.because


def test_resumed_it_repeats_the_plans_and_ends_with_the_same_rows(paced, start):  # 004-32
    def step_seconds(step):
        return 1.0 if step < 150 else 1.3

    whole = list(train(paced(step_seconds)[0], start))
    decided = of(Decision, whole)
    assert len(decided) > 1
    middle = of(Checkpoint, whole)[30]
    before = [row.figures for row in of(EpochRow, whole)[:31]]
    training, clock = paced(step_seconds, spent=middle.spent_seconds)
    again = Start(
        middle.arrays,
        middle.position,
        tuple(before),
        plans=tuple(Leg(**one.value) for one in decided),
        evaluation_seconds=2.0,
    )
    rest = list(train(training, again))
    rows = [row.figures for row in of(EpochRow, rest)]
    assert before + rows == [row.figures for row in of(EpochRow, whole)]
    assert middle.spent_seconds + clock.now + 2.0 <= SECONDS


def test_time_of_earlier_processes_counts(paced, start):
    training, clock = paced(spent=900.0)
    list(train(training, start))
    assert 0.97 * SECONDS <= 900 + clock.now + 2.0 <= SECONDS


@pytest.mark.parametrize("budget", [1.0, 4.0], ids=["of a second", "below the evaluation's time"])
def test_a_budget_that_no_step_fits_into_is_refused(paced, start, budget):
    with pytest.raises(UsageError, match=r"of which set-up and the first evaluation took 2\.0"):
        list(train(paced(budget=budget)[0], start))


def test_one_stalled_chunk_moves_no_median():  # 001-T5
    pace = Pace()
    for seconds in (1.0, 1.1, 60.0, 0.9, 1.0):
        pace = pace.stepped(seconds, 10)
    assert pace.step_seconds == 0.1


def test_a_machine_whose_speed_sways_is_not_planned_for_at_every_turn(paced, start):
    noise = np.random.default_rng(0).uniform(0.7, 1.3, 20_000)
    training, clock = paced(lambda step: noise[step], budget=10 * SECONDS)
    plans = [one for one in of(Decision, list(train(training, start))) if one.what == STEPS]
    assert 1 <= len(plans) <= 8
    assert 0.97 * 10 * SECONDS <= clock.now + 2.0 <= 10 * SECONDS


@pytest.mark.parametrize("step_in_epoch", [0, 1, 49, 50])
def test_the_steps_that_fit_are_the_most_that_need_no_more_time(step_in_epoch):
    pace = Pace((0.13,), (0.7,), ending=1.2)
    for seconds in (3.0, 20.0, 200.0):
        fitting = pace.fitting(seconds, step_in_epoch, 50)
        assert pace.needed(fitting, step_in_epoch, 50) <= seconds
        assert pace.needed(fitting + 1, step_in_epoch, 50) > seconds


def test_a_short_last_batch_has_no_say_in_the_pace(paced, start):
    # Two steps of four images take 1 s each, the last of two images a tenth.
    training, clock = paced(lambda step: 0.1 if step % 3 == 2 else 1.0)
    decided = of(Decision, list(train(training, start)))
    assert all("a step takes 1,000.0 ms" in one.because for one in decided)
    assert 0.9 * SECONDS <= clock.now + 2.0 <= SECONDS


def test_plans_that_would_leave_the_clock_unread_are_made_shorter_on_record(paced, start):
    training, clock = paced(budget=100.0)  # where a look every half second is due
    events = list(train(training, start))
    first, *_ = of(Decision, events)
    assert (first.what, first.value) == (CHUNK, 1)
    later = events[events.index(first) :]
    steps = [event.position.step for event in of(Progress, later)]
    assert steps == list(range(steps[0], steps[-1] + 1))
    assert 97 <= clock.now + 2.0 <= 100


def test_the_grid_of_plans_is_fixed_wherever_an_epoch_is_begun(make_training):
    planner = replace(make_training().planner, num_images=40, longest=2)
    assert [plan.first_step for plan in planner.epoch(1, first=3)] == [3, 4, 6, 8]


def test_a_resumed_run_keeps_the_length_of_its_plans(paced, start):
    training, _ = paced(budget=100.0)
    events = train(training, replace(start, longest_plan=1))
    assert of(Progress, [next(events) for _ in range(4)])[0].position.step == 1


@pytest.mark.parametrize(
    ("recipe", "part"),
    [
        ({"schedule": {"name": "cosine", "warmup": 400.0}}, "warmup = 400 epochs, but the trainin"),
        ({"averaging": {"name": "ema", "every": 5000}}, "every = 5,000 steps, but the training ha"),
    ],
    ids=["warm-up", "averaging"],
)
def test_a_recipe_too_long_for_its_budget_is_remarked_once(paced, start, recipe, part):
    remarks = of(Remark, list(train(paced(**recipe)[0], start)))
    assert len([one for one in remarks if part in one.text]) == 1
    assert "\n" not in remarks[0].text


def test_small_pictures_first_do_not_deceive_the_first_plan(make_training, counting_model, start):
    graphs = {side: walk(parse(SIZED), (1, side, side), 2) for side in (32, 64)}
    sizes = {"sides": [32, 64], "shares": [0.5, 0.5]}
    recipe = Recipe(epochs="budget", batch=4, sizes=sizes)
    planner = Planner(graphs[64], recipe, 0, 40, sized={(32, 32): graphs[32]})
    clock, model = Clock(), counting_model()
    take = model.advance

    def advance(state, plan):
        clock.now += plan.num_steps * planner.work(plan.input_size)
        return take(state, plan)

    model.advance = advance
    budget = TimeBudget(SECONDS, 0.0)
    training = replace(make_training(model), planner=planner, clock=clock, budget=budget)
    first, *others = [
        one for one in of(Decision, list(train(training, start))) if one.what == STEPS
    ]
    assert planner.work((32, 32)) < 0.5
    assert 0.97 * SECONDS <= clock.now <= SECONDS
    assert all(abs(one.value["end"] / first.value["end"] - 1) < 0.02 for one in others)
