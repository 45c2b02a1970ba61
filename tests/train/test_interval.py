from dataclasses import replace

import pytest

from imagette.train.events import Checkpoint, Decision
from imagette.train.interval import CHECKPOINTS, SHARE, dear, interval
from imagette.train.loop import train


def kept_and_decided(training, start):
    """The epochs after which checkpoints came, and what was decided of them."""
    events = list(train(training, start))
    kept = [e.position.epoch - 1 for e in events if isinstance(e, Checkpoint)]
    return kept, [e.value for e in events if isinstance(e, Decision) and e.what == CHECKPOINTS]


@pytest.mark.parametrize("seconds", [0.001, 0.01, 0.0101, 3.0])
def test_checkpoints_so_far_apart_cost_a_hundredth_at_most_and_one_less_would_not(seconds):
    every = interval(seconds, epoch_seconds=1.0)
    assert seconds <= SHARE * every * (1 + 1e-12)
    assert every == 1 or seconds > SHARE * (every - 1)


def test_a_measured_interval_is_decided_once_after_the_first_epoch(make_training, start):
    training = make_training(epochs=250)  # on paper a checkpoint takes 1 s, an epoch 2
    kept, decided = kept_and_decided(replace(training, checkpoint_epochs=None), start)
    assert decided == [50]
    assert kept == [0, 1, 50, 100, 150, 200, 250]


def test_a_decided_interval_is_kept_on_resuming(make_training, start):
    training = replace(make_training(epochs=9), checkpoint_epochs=None)
    kept, decided = kept_and_decided(training, replace(start, checkpoint_epochs=4))
    assert (kept, decided) == ([0, 4, 8, 9], [])


def test_dear_checkpoints_are_told_of_unless_they_take_no_second():
    assert dear(0.9, 1.0) is None
    assert dear(1.0, 200.0) is None
    assert "took 3.0 s, 3.0 % of training" in dear(3.0, 100.0)
