from dataclasses import replace

import numpy as np
import pytest

from imagette.errors import TrainingError
from imagette.train.events import Checkpoint, EpochRow, Finished, Position, Progress, Remark, Stop
from imagette.train.loop import Start, train


def kinds(events):
    return [type(event).__name__ for event in events]


def rows(events):
    return [event.figures for event in events if isinstance(event, EpochRow)]


def test_it_evaluates_before_the_first_epoch_and_after_each(make_training, start):  # 001-11
    events = list(train(make_training(), start))
    assert kinds(events) == [
        "EpochRow", "Checkpoint",
        "Progress", "Progress", "EpochRow", "Checkpoint",
        "Progress", "Progress", "EpochRow", "Checkpoint",
        "Finished",
    ]  # fmt: skip
    assert [row["epoch"] for row in rows(events)] == [0, 1, 2]


def test_figures_are_weighted_by_image_not_by_batch(make_training, counting_model, start):
    # 000-T3, 003-T3: losses 1, 1 of four images each and 6 of two: the mean is 2, not 8/3.
    model = counting_model(losses=lambda step: [1.0, 1.0, 6.0][step % 3])
    row = rows(train(make_training(model), start))[1]
    assert row["train_loss"] == pytest.approx(2.0)
    assert row["train_accuracy"] == pytest.approx(3 / 10)


def test_training_figures_are_of_all_images_of_the_epoch(make_training, counting_model, start):
    # 004-T5: ten steps of an image each, of which the template would look at three, by chance.
    model = counting_model(losses=float)
    _, first, second = rows(train(make_training(model, batch=1), start))
    assert first["train_loss"] == pytest.approx(sum(range(10)) / 10)
    assert second["train_loss"] == pytest.approx(sum(range(10, 20)) / 10)
    assert first["train_accuracy"] == second["train_accuracy"] == 1


def test_the_sealed_test_set_has_no_row(make_training, start):  # 000-12
    assert all("test_loss" not in row for row in rows(train(make_training(), start)))


def test_the_courses_mode_measures_the_test_set_at_every_epoch(make_training, start):
    # 001-11, 002-16
    training = make_training(test=6, evaluation={"test": "each-epoch", "train": "recomputed"})
    found = rows(train(training, start))
    assert [row["test_accuracy"] for row in found] == [0.5, 0.5, 0.5]
    assert [row["train_accuracy"] for row in found] == [0.5, 0.5, 0.5]
    probe = [10]  # before a checkpoint, whether the network's outputs are finite
    assert training.model.predicted == [10, 4, 6] + [*probe, 10, 4, 6] * 2


def test_without_validation_images_there_is_no_validation_figure(make_training, start):
    found = rows(train(make_training(validation=0), start))
    assert all("validation_loss" not in row for row in found)


def test_a_stop_ends_at_the_next_point_of_the_grid_with_a_checkpoint(make_training, start):
    events = train(make_training(), start)
    seen = [next(events)]
    while not isinstance(seen[-1], Progress):
        seen.append(next(events))
    seen.append(events.send(Stop("enough")))
    seen += list(events)
    checkpoint, finished = seen[-2:]
    assert checkpoint.position.step == 2
    assert checkpoint.position.step_in_epoch == 2
    assert (finished.reason, finished.complete) == ("enough", False)


@pytest.mark.parametrize("stop_at", range(7))
def test_stopped_anywhere_and_resumed_it_ends_with_the_same_rows(
    make_training, counting_model, start, stop_at
):  # 004-32
    def losses(step):
        return 1 / (1 + step)

    whole = list(train(make_training(counting_model(losses)), start))
    events, first = train(make_training(counting_model(losses)), start), []
    answer = None
    try:
        while True:
            first.append(events.send(answer))
            answer = Stop("now") if len(first) > stop_at else None
    except StopIteration:
        pass
    (checkpoint,) = [e for e in first if isinstance(e, Checkpoint)][-1:]
    assert not first[-1].complete
    again = list(
        train(
            make_training(counting_model(losses)),
            Start(checkpoint.arrays, checkpoint.position, tuple(rows(first))),
        )
    )
    assert rows(first) + rows(again) == rows(whole)
    np.testing.assert_array_equal(again[-1].weights["w"], whole[-1].weights["w"])


def test_a_stop_after_the_last_epoch_changes_nothing(make_training, start):
    events = train(make_training(epochs=1), start)
    finished = None
    for event in events:
        if isinstance(event, EpochRow) and event.figures["epoch"] == 1:
            *_, finished = [events.send(Stop("late")), *events]
    assert finished.complete


def test_a_loss_that_is_not_finite_stops_and_says_at_which_step(
    make_training, counting_model, start
):
    model = counting_model(losses=lambda step: np.nan if step == 4 else 1.0)
    told = r"^The loss became nan at step 4 \(epoch 2\): every node gives numbers, .*\. Lower"
    with pytest.raises(TrainingError, match=told):
        list(train(make_training(model), start))


def test_early_stopping_waits_for_its_patience(make_training, counting_model, start):
    # 003-22, 001-T4
    curve = [3.0, 2.0, 1.0, 1.1, 1.2, 1.3, 1.4]
    model = counting_model(losses=lambda step: curve[step // 3])
    stopping = {"figure": "train_loss", "patience": 2}
    events = list(train(make_training(model, epochs=7, stopping=stopping), start))
    assert rows(events)[-1]["epoch"] == 5
    assert events[-1].reason == "train_loss has not improved since epoch 3 (patience 2)"
    assert events[-1].complete


def test_a_plateau_is_reported_once_with_the_epoch_where_it_began(
    make_training, counting_model, start
):  # 001-28
    curve = [3.0, 2.0, 1.0, 1.1, 1.2, 1.3, 1.4]
    model = counting_model(losses=lambda step: curve[step // 3])
    stopping = {"figure": "train_loss", "patience": 2, "action": "report"}
    events = list(train(make_training(model, epochs=7, stopping=stopping), start))
    remarks = [event for event in events if isinstance(event, Remark)]
    assert remarks == [Remark("train_loss has not improved since epoch 3")]
    assert rows(events)[-1]["epoch"] == 7


def test_the_step_really_moves_the_weights(make_training, start):  # 003-T1
    *_, finished = train(make_training(), start)
    assert isinstance(finished, Finished)
    assert finished.weights["w"].tolist() == [6]
    assert finished.steps == 6


def test_no_epochs_leave_the_first_weights(make_training, start):
    events = list(train(make_training(epochs=0), start))
    assert kinds(events) == ["EpochRow", "Checkpoint", "Finished"]


def test_checkpoints_come_at_their_interval_and_at_the_end(make_training, start):  # 004-10, 004-27
    training = replace(make_training(epochs=5), checkpoint_epochs=2)
    steps = [e.position.step for e in train(training, start) if isinstance(e, Checkpoint)]
    assert steps == [0, 6, 12, 15]


def test_training_seconds_exclude_evaluation(make_training, start):  # 001-15
    # The clock of the fixture counts its readings: one second passes between any two.
    row = [e for e in train(make_training(), start) if isinstance(e, EpochRow)][1]
    assert row.timing["train_seconds"] == 2
    assert row.timing["evaluation_seconds"] == 1
    assert row.timing["images_per_second"] == 5


def test_operations_of_an_epoch_are_counted_apart(make_training, start):  # 001-08
    row = [e for e in train(make_training(), start) if isinstance(e, EpochRow)][1]
    images = 10 + 4  # trained on and evaluated
    assert row.timing["operations"] == {
        "multiplications": 32 * images,
        "additions": 32 * images,
        "maximums": 0,
        "total": 64 * images,
    }


def test_a_position_after_an_epoch_is_the_start_of_the_next(make_training, start):
    checkpoints = [e for e in train(make_training(), start) if isinstance(e, Checkpoint)]
    assert checkpoints[1].position == Position(epoch=2, step_in_epoch=0, step=3)
