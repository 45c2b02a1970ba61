"""Reads a run's folder as it grows: what came since a tracker was last told, as plain values.

The folder is the truth, and is read whole each time that it has changed: so torn last lines, rows
cut back and written again by a resumed run, and a tracker that comes late are all the same case.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import accumulate
from math import isfinite
from typing import Any

from imagette.network.cost import OPERATIONS
from imagette.plain import legible
from imagette.store.damage import naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row
from imagette.store.tracking import Told
from imagette.track.values import About, Epoch, Judged, Rewritten, Value
from imagette.train.events import Decision, epochs_at

_PLACES = {"epoch", "step", "images", "share"}  # where a row stands, rather than a figure of it
_KINDS = ("loss", "accuracy")
_COUNTS = ("parameters", "non_trainable", *OPERATIONS)
_RESULTS = ("accuracy", "balanced_accuracy", "top5", "loss", "num_misclassified")
_TIMES = {
    "train_seconds": "seconds/train",
    "evaluation_seconds": "seconds/evaluation",
    "images_per_second": "speed/images_per_second",
    "operations_per_second": "speed/operations_per_second",
}


@dataclass(frozen=True)
class News:
    """What is new in a run, and how far whoever hears all of it has been told."""

    values: tuple[Value, ...]
    told: Told


def follow(run: RunFolder, told: Told, is_over: Callable[[], bool]) -> Iterator[News]:
    """All that is there and all that comes, until `is_over` has said that nothing more will.

    `is_over` waits a little before it says no. Raises StoreError for a damaged file.
    """
    seen = None
    while True:
        last = is_over()  # asked before looking: what was written by then is seen
        now = _signs(run)
        if now != seen or last:
            news = news_of(run, told)
            told, seen = news.told, now
            if news.values:
                yield news
        if last:
            return


def news_of(run: RunFolder, told: Told) -> News:
    """What a tracker that was told so much does not know, and how far it is told then.

    Rows that are gone, of a run that went back, are waited for: most come again as they were. What
    took other seconds has not changed for that.
    """
    history = run.history()
    rows = tuple(map(_digest, history))
    known = _num_equal(rows, told.rows)
    if known == len(rows) < len(told.rows) and not run.finished():
        kept = Told(told.steps, told.rows)
        values: list[Value] = []
    else:
        kept = Told(tuple(row["step"] for row in history), rows)
        values = [Rewritten(told.steps[known])] if known < len(told.rows) else []
    # Evaluations may have been of what came after that step: all are told again.
    evaluations = {} if values else told.evaluations
    with naming_damage(run.path):
        epochs = _epochs(history, run)
        decisions = [_decided(row) for row in run.decisions()]
        judged, digests = _judged(run, epochs, evaluations)
    values += [*decisions[told.decisions :], *epochs[known:], *judged]
    return News(tuple(values), replace(kept, decisions=len(decisions), evaluations=digests))


def about(run: RunFolder) -> About:
    """Which run it is: its id is the same wherever the folder is copied to."""
    settings, environment, cost = run.resolved(), run.environment(), run.cost()
    with naming_damage(run.path):
        title = str(settings["run"]["title"])
        counts = {**cost, **cost["cost"]}
        return About(
            id=_digest([settings, environment])[:16],
            title=legible(title),
            name=legible(run.path.name),
            began=_began(environment),
            settings=_legible({key: value for key, value in settings.items() if key != "run"}),
            facts={key: counts[key] for key in _COUNTS if key in counts},
        )


def _legible(settings: Row) -> Row:
    """The same, in letters that every tracker can hold."""
    told: Row = json.loads(legible(json.dumps(settings, ensure_ascii=False)))
    return told


def _epochs(history: Sequence[Row], run: RunFolder) -> list[Epoch]:
    timings = {row["epoch"]: row for row in run.timings()}
    times = [timings.get(row["epoch"], {}) for row in history]
    seconds = accumulate(
        (time.get("train_seconds", 0) + time.get("evaluation_seconds", 0) for time in times),
        initial=_began(run.environment()),
    )
    next(seconds)  # the beginning itself
    return [
        Epoch(epochs_at(row), row["step"], at, {**_figures(row), **_speeds(time)})
        for row, time, at in zip(history, times, seconds, strict=True)
    ]


def _began(environment: Row) -> float:
    return datetime.fromisoformat(environment["time"]).timestamp()


def _figures(row: Row) -> dict[str, float]:
    """`validation_loss` becomes `loss/validation`: trackers put what has one beginning together."""
    found = {}
    for key, value in row.items():
        split, _, kind = key.rpartition("_")
        name = f"{kind}/{split}" if split and kind in _KINDS else key
        if key not in _PLACES and is_number(value):
            found[name] = float(value)
    return found


def _speeds(timing: Row) -> dict[str, float]:
    return {name: float(timing[key]) for key, name in _TIMES.items() if is_number(timing.get(key))}


def _judged(
    run: RunFolder, epochs: Sequence[Epoch], told: Mapping[str, str]
) -> tuple[list[Judged], dict[str, str]]:
    """The evaluations that are new or other than they were, and the digests of all."""
    new, digests = [], {}
    for name in run.evaluated():
        figures = run.evaluation_figures(name) or {}
        digests[name] = _digest(figures)
        if told.get(name) != digests[name]:
            step = int(figures["checkpoint"])
            before = [epoch.at for epoch in epochs if epoch.step <= step]
            new.append(
                Judged(name, step, max(before, default=0.0), _results(name, figures), figures)
            )
    return new, digests


def _results(name: str, figures: Mapping[str, Any]) -> dict[str, float]:
    """What the network is worth, figures of one's own included."""
    low, high = figures.get("interval", (None, None))
    own = {**figures.get("metrics", {}), "accuracy_low": low, "accuracy_high": high}
    named = {**{key: figures.get(key) for key in _RESULTS}, **own}
    return {
        f"evaluation/{name}_{key}": float(value) for key, value in named.items() if is_number(value)
    }


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _decided(row: Row) -> Decision:
    return Decision(row["what"], row.get("value"), str(row.get("because", "")))


def _num_equal(rows: Sequence[str], told: Sequence[str]) -> int:
    """How many rows are as they were told, from the first on."""
    pairs = zip(rows, told, strict=False)
    return next(
        (n for n, (now, then) in enumerate(pairs) if now != then), min(len(rows), len(told))
    )


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _signs(run: RunFolder) -> dict[str, tuple[int, int]]:
    """The size and time of each file that is read: what has changed has others."""
    names = ("history.jsonl", "timings.jsonl", "decisions.jsonl")
    files = [*(run.path / name for name in names), *(run.path / "evaluation").glob("*.json")]
    states = {str(path): path.stat() for path in files if path.exists()}
    return {name: (state.st_size, state.st_mtime_ns) for name, state in states.items()}
