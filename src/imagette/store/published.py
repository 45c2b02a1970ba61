"""A published run: the folder of a finished run without what is heavy, or of one machine alone.

It is a run folder like any other, and says in `published.json` what it does without.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from imagette.errors import StoreError, UsageError
from imagette.run_spec import RunSpec
from imagette.store.checkpoint import FORMAT, STATE, WEIGHTS
from imagette.store.damage import naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row, json_bytes, read_json
from imagette.store.lines import line_bytes, read_lines, whole_lines
from imagette.store.naming import MARKER
from imagette.store.places import first_place, home_in, without_places
from imagette.store.whole import read_whole

MARK = "published.json"
LARGEST_WEIGHTS = 2_500_000  # bytes of the file
LARGEST_PREDICTIONS = 250_000

_AS_THEY_ARE = ("network.txt", "cost.json", "history.jsonl", "timings.jsonl", "finished.json")


@dataclass(frozen=True, slots=True)
class Published:
    """The files of a published run by name, and in words what was left out."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...]


def is_published(run: RunFolder) -> bool:
    return (run.path / MARK).is_file()


def refuse_to_go_on(run: RunFolder) -> None:
    """Raises UsageError for a published run: its training cannot be continued."""
    if is_published(run):
        raise UsageError(
            f"{run.path} is a published run, without the optimiser's state: it cannot go on. "
            "Start a new one --from it."
        )


def refuse_without_weights(run: RunFolder) -> None:
    """Raises UsageError for a published run whose weights were too large to go with it."""
    if is_published(run) and not run.checkpoints.steps():
        raise UsageError(
            f"{run.path} was published without its weights, for their size: imagette reproduce "
            f"{run.path} --out FOLDER trains them again."
        )


def published_files(run: RunFolder, experiment: str) -> Published:
    """What a finished run shows the world as the result of `experiment`.

    Raises UsageError for a run whose settings or code name a place of this machine, and StoreError
    for one that is damaged.
    """
    try:
        with naming_damage(run.path):
            return _published(run, experiment)
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename} is missing: copy the run again") from error


def _published(run: RunFolder, experiment: str) -> Published:
    files = {name: read_whole(run.path / name) for name in _AS_THEY_ARE}
    files |= dict(_told(run))
    files |= {f"source/{name}": read_whole(run.source / name) for name in run.source_digests()}
    weights = dict(_checkpoints(run))
    files |= weights
    evaluations = dict(_evaluations(run))
    files |= evaluations
    left_out = tuple(_left_out(run, weights, evaluations))
    about = {"format": FORMAT, "experiment": experiment, "left_out": list(left_out)}
    files[MARK] = json_bytes(about)
    _refuse_home(run, files)
    return Published(files, left_out)


def _told(run: RunFolder) -> Iterator[tuple[str, bytes]]:
    """The files in whose texts a path may stand."""
    given = run.experiment_file()
    if given:
        yield f"experiment{given.suffix}", read_whole(given)
    yield "resolved.json", json_bytes(_settings(run))
    yield MARKER, json_bytes(without_places(run.environment()))
    decisions = run.path / "decisions.jsonl"
    yield decisions.name, b"".join(map(line_bytes, without_places(read_lines(decisions))))
    if run.ledger():
        yield "ledger.jsonl", b"".join(_extract(run.path / "ledger.jsonl"))
    for mark in ("last", "best"):
        path = run.path / f"{mark}.json"
        if path.exists() and (mark == "last" or read_json(path)["step"] in _kept_steps(run)):
            yield path.name, read_whole(path)


def _settings(run: RunFolder) -> Row:
    """As resolved; of `[run]`, which is not science, what no other machine has goes."""
    resolved = run.resolved()
    place = first_place({key: value for key, value in resolved.items() if key != "run"})
    if place:
        raise UsageError(
            f"{run.path} names {place} in its experiment, which only this machine has: train from "
            "a path beside the experiment, then publish that run."
        )
    anywhere = {"folder": RunSpec().folder, "track": []}
    return {**resolved, "run": {**resolved.get("run", {}), **anywhere}}


def _extract(path: Path) -> Iterator[bytes]:
    """The run's rows of the ledger, each with the sha256 that the row after it has there."""
    for line, row in zip(whole_lines(path), read_lines(path), strict=True):
        yield line_bytes({"sha256": sha256(line).hexdigest(), **without_places(row)})


def _kept_steps(run: RunFolder) -> list[int]:
    """The last weights; the first ones too where they came from elsewhere, or none."""
    last = read_json(run.path / "last.json")["step"]
    begun = [0] if run.environment().get("from") and 0 in run.checkpoints.steps() else []
    steps = dict.fromkeys([*begun, last])
    return [step for step in steps if _weights_size(run, step) <= LARGEST_WEIGHTS]


def _weights_size(run: RunFolder, step: int) -> int:
    return (run.path / "checkpoints" / str(step) / WEIGHTS).stat().st_size


def _checkpoints(run: RunFolder) -> Iterator[tuple[str, bytes]]:
    run.load("last")  # verified before anything is shown
    for step in _kept_steps(run):
        for name, data in run.checkpoints.published(step).items():
            yield f"checkpoints/{step}/{name}", data


def _evaluations(run: RunFolder) -> Iterator[tuple[str, bytes]]:
    for split in run.evaluated():
        path = run.path / "evaluation" / f"{split}.json"
        yield f"evaluation/{split}.json", read_whole(path)
        arrays = path.with_suffix(".npz")
        if arrays.is_file() and arrays.stat().st_size <= LARGEST_PREDICTIONS:
            yield f"evaluation/{split}.npz", read_whole(arrays)


def _left_out(
    run: RunFolder, weights: Mapping[str, bytes], evaluations: Mapping[str, bytes]
) -> Iterator[str]:
    yield f"the optimiser's state ({STATE})"
    if not weights:
        size = _weights_size(run, read_json(run.path / "last.json")["step"])
        yield f"the weights ({size:,} bytes, more than {LARGEST_WEIGHTS:,})"
    for split in run.evaluated():
        if f"evaluation/{split}.npz" not in evaluations:
            yield f"the predictions on {split} (evaluation/{split}.npz)"
    yield "earlier checkpoints, log, notes, pictures, pages, exports and trackers"


def _refuse_home(run: RunFolder, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        found = home_in(data.decode("utf-8", "replace"))
        if found:
            raise UsageError(
                f"{name} of {run.path} names {found}, which only this machine has: take that out, "
                "train again, then publish."
            )
