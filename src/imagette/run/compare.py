"""Compares runs: grouped into variants, each with its figures and its difference from one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from imagette.errors import ImagetteError, UsageError, nearest
from imagette.evaluate.comparison import Difference, Evidence, Spread, settle, spread
from imagette.evaluate.spec import JUDGED_FIRST
from imagette.report.comparison import Curve
from imagette.run.curve import curve_of
from imagette.run.difference import evidence_of, one_seed_each
from imagette.run.figures import KeptAnswers, RunFigures, figures_of
from imagette.run.lines import shown_epochs
from imagette.run.search import runs_meant
from imagette.run.variants import identity, variant_names


@dataclass(frozen=True, slots=True)
class Variant:
    """Runs of one experiment with different seeds; figures are means over the runs that count.

    Those are the finished ones, one a seed, the newest. `split` says of which images `accuracy`
    (of the last weights, 0 to 1) is; `difference` is from the variant that the comparison is
    against, and where it is None `no_difference` says why.
    """

    name: str
    title: str
    parameters: int
    operations: int  # forward, of one image: multiplications + additions + maximums
    uncounted: tuple[str, ...]  # the paths of code whose operations we do not know: in no total
    runs: tuple[RunFigures, ...]
    counted: tuple[RunFigures, ...]
    split: str | None
    accuracy: Spread | None
    losses: Mapping[str, float]
    train_seconds: float | None
    seconds_per_epoch: float | None
    curve: Curve | None
    difference: Difference | None = None
    no_difference: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note.text for run in self.runs for note in run.summary.notes)

    @property
    def set_aside(self) -> tuple[RunFigures, ...]:
        return tuple(run for run in self.runs if run not in self.counted)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "split": self.split,
            "accuracy": self.accuracy.as_json() if self.accuracy else None,
            "difference": self.difference.as_json() if self.difference else None,
            "no_difference": self.no_difference,
            "parameters": self.parameters,
            "operations": self.operations,
            "uncounted": list(self.uncounted),
            "train_seconds": self.train_seconds,
            "seconds_per_epoch": self.seconds_per_epoch,
            "losses": dict(self.losses),
            "notes": list(self.notes),
            "curve": self.curve.as_json() if self.curve else None,
            "runs": [
                {**run.as_json(self.split), "counted": run in self.counted} for run in self.runs
            ],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Variants in the order their runs were given; `remarks` are what a reader must know."""

    against: str
    variants: tuple[Variant, ...]
    remarks: tuple[str, ...]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that accuracies are of: one, unless some runs lack the others' split."""
        found = {variant.split for variant in self.variants}
        return tuple(split for split in JUDGED_FIRST if split in found)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """For the figure; where the splits are mixed each curve names its own."""
        mixed = len(self.splits) > 1
        return tuple(
            replace(one.curve, name=f"{one.curve.name} ({one.split})") if mixed else one.curve
            for one in self.variants
            if one.curve is not None
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "against": self.against,
            "splits": list(self.splits),
            "variants": [variant.as_json() for variant in self.variants],
            "remarks": list(self.remarks),
        }


def compare_runs(paths: Sequence[Path], against: str | None = None) -> Comparison:
    """Compare the runs that the paths stand for.

    A path is a run, `runs/<title>` for its newest, or a folder that holds runs at any depth, for
    all of them. Accuracies are on validation where every run has it, else on the test set where
    all have it open; otherwise each variant is judged by the best split that it has, which is said,
    and variants of different splits have no difference.
    Raises UsageError if there is nothing to compare, or no variant is called `against`.
    """
    runs, remarks = _read(paths)
    if not runs:
        raise UsageError(
            f"There is no run to compare. {' '.join(remarks) or 'Name runs, or a folder of runs.'}"
        )
    variants = _variants(runs)
    names = [variant.name for variant in variants]
    if against is not None and against not in names:
        raise UsageError(f"No variant is called '{against}'. {nearest(against, names)}")
    reference = variants[names.index(against) if against is not None else 0]
    found = _set_against(variants, reference)
    return Comparison(
        reference.name, found, (*remarks, *_about(found), *_without_pairs(found, reference))
    )


def _read(paths: Sequence[Path]) -> tuple[list[RunFigures], list[str]]:
    """The runs in the order of their paths, of one folder the oldest first, each once.

    Beside them a line about each that cannot be read.
    """
    runs: dict[Path, RunFigures] = {}
    remarks: list[str] = []
    for path in paths:
        found: list[RunFigures] = []
        for run in runs_meant(path):
            if run in runs:
                remarks.append(f"named twice, it counts once: {run}")
                continue
            try:
                found.append(figures_of(run))
            except ImagetteError as error:
                remarks.append(f"left out: {error}")
        runs |= {run.path: run for run in sorted(found, key=_age)}
    return list(runs.values()), list(dict.fromkeys(remarks))


def _age(run: RunFigures) -> tuple[str, str]:
    return run.summary.when, run.path.name


def _variants(runs: Sequence[RunFigures]) -> tuple[Variant, ...]:
    groups: dict[str, list[RunFigures]] = {}
    for run in runs:
        groups.setdefault(identity(run.resolved, run.contents), []).append(run)
    firsts = [group[0] for group in groups.values()]
    names = variant_names([run.resolved for run in firsts], [run.summary.title for run in firsts])
    counted = [_counted(group) for group in groups.values()]
    common = _common_split([run for group in counted for run in group])
    return tuple(
        _variant(name, tuple(group), one_a_seed, common)
        for name, group, one_a_seed in zip(names, groups.values(), counted, strict=True)
    )


def _variant(
    name: str, runs: tuple[RunFigures, ...], counted: tuple[RunFigures, ...], common: str | None
) -> Variant:
    # Runs of a variant measure the same splits, but the test set may be opened for some alone.
    known = [
        split
        for split in JUDGED_FIRST
        if counted and all(split in run.accuracies for run in counted)
    ]
    split = (common or known[0]) if known else None
    per_epoch = [run.seconds_per_epoch for run in counted if run.seconds_per_epoch is not None]
    return Variant(
        name=name,
        title=runs[0].summary.title,
        parameters=runs[0].summary.parameters,
        operations=runs[0].summary.operations,
        uncounted=runs[0].summary.uncounted,
        runs=runs,
        counted=counted,
        split=split,
        accuracy=spread([run.accuracies[split] for run in counted]) if split else None,
        losses=_mean_losses(counted),
        train_seconds=fmean(run.train_seconds for run in counted) if counted else None,
        seconds_per_epoch=fmean(per_epoch) if per_epoch else None,
        curve=curve_of(name, counted, split) if split else None,
    )


def _counted(runs: Sequence[RunFigures]) -> tuple[RunFigures, ...]:
    """The finished runs, one a seed: two of one seed are one trial, however often repeated."""
    finished = [run for run in runs if run.is_finished and run.accuracies]
    newest = {run.summary.seed: run for run in sorted(finished, key=_age)}
    return tuple(newest[seed] for seed in sorted(newest))


def _common_split(runs: Sequence[RunFigures]) -> str | None:
    """A split that all are judged by; train alone only where none has a better one."""
    for split in JUDGED_FIRST[:-1]:
        if runs and all(split in run.accuracies for run in runs):
            return split
    return None


def _mean_losses(runs: Sequence[RunFigures]) -> dict[str, float]:
    shared = [split for split in JUDGED_FIRST if all(split in run.losses for run in runs)]
    return {split: fmean(run.losses[split] for run in runs) for split in shared if runs}


def _set_against(variants: Sequence[Variant], reference: Variant) -> tuple[Variant, ...]:
    """The variants with their differences, settled together, or with why there is none."""
    kept = KeptAnswers()
    found = {
        variant.name: _evidence(variant, reference, kept)
        for variant in variants
        if variant is not reference
    }
    tested = {name: one for name, one in found.items() if isinstance(one, Evidence)}
    differences = dict(zip(tested, settle(list(tested.values())), strict=True))
    reasons = {name: one for name, one in found.items() if isinstance(one, str)}
    return tuple(
        replace(
            variant,
            difference=differences.get(variant.name),
            no_difference=reasons.get(variant.name),
        )
        for variant in variants
    )


def _evidence(variant: Variant, reference: Variant, kept: KeptAnswers) -> Evidence | str:
    if variant.split != reference.split and variant.split and reference.split:
        return f"judged on {variant.split}, {reference.name} on {reference.split}"
    return evidence_of(variant.counted, reference.counted, variant.split, kept)


def _about(variants: Sequence[Variant]) -> list[str]:
    """Whatever a reader must know of the runs behind the figures."""
    remarks = []
    for variant in variants:
        if variant.split == "test":
            watched = any(run.summary.test_watched for run in variant.counted)
            how = "which was watched each epoch" if watched else "opened for its last weights"
            remarks.append(f"{variant.name}: on the test set, {how}")
        if variant.split and (singles := _singles(variant, variant.split)):
            remarks.append(
                f"{variant.name}: accuracy of {variant.counted[0].views} views an image, averaged; "
                f"of one view {100 * fmean(singles):.2f} %, as in the figure"
            )
        if variant.split == "train":
            remarks.append(f"{variant.name}: on the training images, it measured no others")
        remarks += [f"not counted: {_why_not_counted(run)}" for run in variant.set_aside]
    return remarks


def _without_pairs(variants: Sequence[Variant], reference: Variant) -> Iterator[str]:
    """Of whom one training each is compared, though there are others."""
    theirs = [run.summary.seed for run in reference.counted]
    for variant in variants:
        mine = [run.summary.seed for run in variant.counted]
        if variant.difference is None or variant.difference.over == "seeds":
            continue
        num_shared = len({*mine} & {*theirs})
        if num_shared and len(mine) == len(theirs) == 1:
            continue
        seed, other = one_seed_each(mine, theirs)
        why = ("no seed in common with", "one seed in common with", "judged on other images than")
        yield (
            f"{variant.name}: {why[min(num_shared, 2)]} {reference.name}; one training of each "
            f"is compared, seed {seed} against {other}"
        )


def _singles(variant: Variant, split: str) -> list[float]:
    """The accuracies of one view, of the runs that were judged by several."""
    return [run.singles[split] for run in variant.counted if split in run.singles]


def _why_not_counted(run: RunFigures) -> str:
    state, summary = run.summary.state, run.summary
    if state.word == "finished":
        return f"{run.path}: seed {summary.seed} again, a newer run of it counts"
    reason = f" ({state.reason})" if state.reason else ""
    epochs = f"{shown_epochs(summary.epochs)} of {summary.epochs_asked}"
    return f"{run.path}: {state.text}{reason}, epoch {epochs}"
