"""Tells a tracker of a run, afterwards or while it trains; the pictures come from the report."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

from pydantic import ValidationError

from imagette.errors import ImagetteError, UsageError
from imagette.evaluate.evaluation import Evaluation
from imagette.problems import describe_problems
from imagette.report.confusion import confusion_figure
from imagette.report.curves import figure_bytes
from imagette.report.filters import filters_figure, first_filters
from imagette.run.evaluate import experiment_of
from imagette.run_spec import RunSpec, TensorBoardSpec, WandbSpec
from imagette.store.folder import RunFolder
from imagette.store.own_copy import own_copy
from imagette.track.sink import Tracked, track
from imagette.track.trackers import is_on
from imagette.track.values import Judged, Picture

POLL_SECONDS = 1.0
"""Between two looks at a run that is being trained."""


def track_run(
    run: Path | str, to: str, settings: Mapping[str, Any] | None = None, *, follow: bool = False
) -> Tracked:
    """Tells the tracker `to` all that it does not know of a run; with `follow` until its end.

    `settings` are those of `[run] track`, in place of the run's own. Raises UsageError for a
    setting that is wrong, or where another process tells the tracker of this run.
    """
    folder = RunFolder.open(own_copy(run))
    spec = _spec(folder, to, settings or {})
    return track(folder, spec, pictures, finished_or_waited(folder) if follow else lambda: True)


def finished_or_waited(folder: RunFolder, no_more: Event | None = None) -> Callable[[], bool]:
    """Says at once that a run is over, or that it is not yet after waiting for the next look.

    Once `no_more` is set nobody trains it, and it is over in any case.
    """
    ended = no_more or Event()
    return lambda: folder.finished() is not None or ended.wait(POLL_SECONDS)


def pictures(folder: RunFolder, judged: Judged) -> Iterator[Picture]:
    """The confusion matrix of an evaluation, and the first filters of the weights judged."""
    with suppress(ImagetteError):  # an evaluation of an earlier version may lack what it needs
        png = figure_bytes(confusion_figure(Evaluation.from_json(judged.whole)))
        yield Picture(f"confusion/{judged.name}", judged.step, judged.at, png)
    with suppress(ImagetteError):  # checkpoints go while a run trains
        found = first_filters(folder.cost()["nodes"], folder.load(judged.step).weights)
        if found:
            png = figure_bytes(filters_figure(found))
            yield Picture(f"filters/{found.path}", judged.step, judged.at, png)


def _spec(folder: RunFolder, to: str, settings: Mapping[str, Any]) -> TensorBoardSpec | WandbSpec:
    """The run's own settings of this tracker, or its defaults, changed by `settings`."""
    own = next((spec for spec in experiment_of(folder).run.track if spec.name == to), None)
    values = {**(own.model_dump() if own else {}), "name": to, **settings}
    try:
        (spec,) = RunSpec.model_validate({"track": [values]}).track
    except ValidationError as error:
        raise UsageError(describe_problems(error, RunSpec, f"--to {to}")) from None
    if not is_on(spec):
        raise UsageError(f"{folder.path} switches {to} off itself: give --mode online or offline.")
    return spec
