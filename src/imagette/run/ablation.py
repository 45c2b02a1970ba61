"""An ablation as it is published: what each ingredient of a recipe is worth, over seeds.

`results/ablations/<experiment>.json` holds the figures of a sweep's comparison, without its runs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imagette.errors import UsageError
from imagette.run.compare import Comparison, Variant, compare_runs
from imagette.run.results import machine_of
from imagette.store.checkpoint import check_format
from imagette.store.damage import TEXT, checked, naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import read_json, write_json
from imagette.store.naming import safe_title
from imagette.store.whole import make_folder, telling_of

FORMAT = 1
FOLDER = "ablations"


@dataclass(frozen=True, slots=True)
class Without:
    """A variant of an ablation: mean accuracy (0 to 1), mean seconds of training.

    `difference` (-1 to 1) and its 95 % `interval` are from the variant that the ablation is
    against; both are None of that one itself, and where nothing tells the chance. `ratio` is its
    time by theirs; None where one of the two is not known.
    """

    name: str
    n: int
    mean: float
    deviation: float | None
    difference: float | None
    interval: tuple[float, float] | None
    over: str | None  # what n counts in the interval: "seeds", "images"
    verdict: str | None
    train_seconds: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Ablation:
    """The variants of an experiment, in the order of their sweep."""

    experiment: str
    against: str
    split: str
    variants: tuple[Without, ...]
    machines: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}


def ablation_of(paths: Sequence[Path], experiment: str, against: str | None = None) -> Ablation:
    """What the runs of a sweep come to; UsageError where they are not judged on one split."""
    found = compare_runs(paths, against)
    if len(found.splits) != 1:
        splits = " and ".join(found.splits) or "nothing"
        raise UsageError(f"An ablation needs variants judged on one split. Got {splits}.")
    unjudged = [one.name for one in found.variants if one.accuracy is None]
    if unjudged:
        raise UsageError(
            f"An ablation needs a finished run of each variant: {unjudged[0]} has none."
        )
    folders = [RunFolder.open(run.path) for one in found.variants for run in one.counted]
    machines = tuple(dict.fromkeys(map(machine_of, folders)))
    variants = tuple(_without(one, found) for one in found.variants)
    return Ablation(safe_title(experiment), found.against, found.splits[0], variants, machines)


def _without(variant: Variant, found: Comparison) -> Without:
    reference = next(one for one in found.variants if one.name == found.against)
    assert variant.accuracy is not None, "it was judged"
    seconds, theirs = variant.train_seconds, reference.train_seconds
    difference = variant.difference
    return Without(
        name=variant.name,
        n=variant.accuracy.n,
        mean=variant.accuracy.mean,
        deviation=variant.accuracy.deviation,
        difference=difference.mean if difference else None,
        interval=difference.interval if difference else None,
        over=difference.over if difference else None,
        verdict=difference.verdict if difference else None,
        train_seconds=seconds,
        ratio=seconds / theirs if seconds and theirs else None,
    )


def write_ablation(results: Path, ablation: Ablation, overwrite: bool = False) -> Path:
    """Writes `<results>/ablations/<experiment>.json`, over an earlier one with `overwrite` only."""
    path = results / FOLDER / f"{ablation.experiment}.json"
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there: give --overwrite to replace it.")
    with telling_of(path):
        make_folder(path.parent.absolute())
    write_json(path, ablation.as_json())
    return path


def read_ablations(results: Path) -> tuple[Ablation, ...]:
    """Those below `results`, by name; none if there is no folder."""
    return tuple(map(_read, sorted((results / FOLDER).glob("*.json"))))


def _read(path: Path) -> Ablation:
    kinds = {"experiment": TEXT, "against": TEXT, "split": TEXT}
    found = checked(read_json(path), path, kinds)
    check_format(found, path, FORMAT)
    with naming_damage(path):
        return Ablation(
            experiment=found["experiment"],
            against=found["against"],
            split=found["split"],
            variants=tuple(_variant(one) for one in found["variants"]),
            machines=tuple(map(str, found["machines"])),
        )


def _variant(row: dict[str, Any]) -> Without:
    bounds = row["interval"]
    return Without(**{**row, "interval": tuple(map(float, bounds)) if bounds else None})
