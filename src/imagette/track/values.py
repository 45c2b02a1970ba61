"""What a tracker is told of a run: plain values, in the order in which they came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagette.train.events import Decision


@dataclass(frozen=True)
class About:
    """Which run it is, and what it was asked to do; none of it changes when the run goes on.

    `settings` are the experiment's, without `[run]`; `facts` are counts of its network.
    """

    id: str
    title: str
    name: str
    began: float  # UTC, seconds since 1970
    settings: Mapping[str, Any]
    facts: Mapping[str, int]


@dataclass(frozen=True)
class Epoch:
    """An epoch's figures by name, such as "loss/train", after `step` steps.

    `at` (UTC, seconds since 1970) is when the run began, and as long after it as training and
    evaluation took: the same whenever it is told.
    """

    epoch: float
    step: int
    at: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Rewritten:
    """The run went back: what was told of `step` and later steps no longer holds."""

    step: int


@dataclass(frozen=True)
class Judged:
    """The figures of the evaluation `name`, such as "validation", of the checkpoint of `step`.

    `at` is that of the epoch that ended there.
    """

    name: str
    step: int
    at: float
    figures: Mapping[str, float]
    whole: Mapping[str, Any]  # the evaluation's file


@dataclass(frozen=True)
class Picture:
    """A PNG that belongs to the checkpoint of `step`."""

    name: str
    step: int
    at: float
    png: bytes


Value = Epoch | Rewritten | Decision | Judged | Picture
