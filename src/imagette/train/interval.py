"""How far apart checkpoints lie, so that they cost next to nothing."""

from math import ceil

from imagette.train.events import Decision

SHARE = 0.01  # of training: the most that checkpoints may take
CHECKPOINTS = "checkpoints"
"""What a decision about the interval of checkpoints is called."""


def interval(checkpoint_seconds: float, epoch_seconds: float) -> int:
    """The fewest epochs from one checkpoint to the next that keep their cost within `SHARE`.

    >>> interval(0.02, 0.5), interval(0.02, 60.0)
    (4, 1)
    """
    return max(1, ceil(checkpoint_seconds / (SHARE * max(epoch_seconds, 1e-9))))


def dear(checkpoint_seconds: float, train_seconds: float) -> str | None:
    """What to say of checkpoints that took too much of a training, and a second or more.

    >>> dear(2.3, 100.0)
    'checkpoints took 2.3 s, 2.3 % of training: run.checkpoints.every = "auto" keeps them under 1 %'
    """
    share = checkpoint_seconds / max(train_seconds, 1e-9)
    if share <= SHARE or checkpoint_seconds < 1:
        return None
    return (
        f"checkpoints took {checkpoint_seconds:.1f} s, {100 * share:.1f} % of training: "
        f'run.checkpoints.every = "auto" keeps them under {100 * SHARE:.0f} %'
    )


def decided_interval(checkpoint_seconds: float, epoch_seconds: float) -> Decision:
    """The same, with the figures that it rests on."""
    because = (
        f"a checkpoint took {1000 * checkpoint_seconds:.1f} ms and an epoch of training "
        f"{epoch_seconds:.2f} s: so it is no more than {100 * SHARE:.0f} % of it"
    )
    return Decision(CHECKPOINTS, interval(checkpoint_seconds, epoch_seconds), because)
