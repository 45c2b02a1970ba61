"""The one way by which a tracker hears of a run: live or afterwards, in a process of its own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imagette.errors import ImagetteError
from imagette.plain import short
from imagette.run_spec import TensorBoardSpec, WandbSpec
from imagette.store.folder import RunFolder
from imagette.store.tracking import Told, read_told, telling, tracking_folder, write_told
from imagette.track.follow import about, follow
from imagette.track.protocol import Tracker
from imagette.track.trackers import TRACKERS, refuse_absent
from imagette.track.values import Epoch, Judged, Picture, Value

Pictures = Callable[[RunFolder, Judged], Iterable[Picture]]
"""What there is to see of a run that was judged."""


class TrackerError(ImagetteError):
    """A tracker, or its library, failed; the run is whole, and can be told again."""


@dataclass(frozen=True)
class Tracked:
    """What a tracker was told now, and where a person finds it."""

    where: str
    num_epochs: int
    notes: tuple[str, ...]

    @property
    def epochs(self) -> str:
        """How many, in words."""
        return f"{self.num_epochs} epoch{'' if self.num_epochs == 1 else 's'}"


def track(
    run: RunFolder,
    spec: TensorBoardSpec | WandbSpec,
    pictures: Pictures,
    is_over: Callable[[], bool] = lambda: True,
) -> Tracked:
    """Tells the tracker all that it does not know of the run, until `is_over` says that it is.

    Raises UsageError if another process does, MissingExtra, StoreError for a damaged run, and
    TrackerError for whatever the tracker's library raises. How far it came is kept in the run.
    """
    refuse_absent(spec.name)
    kind, me, folder = TRACKERS[spec.name], about(run), tracking_folder(run)
    num_epochs = 0
    notes: list[str] = []
    with telling(run, spec.name):
        target = kind.tracker.target(spec, me, folder)
        told = Told() if target is None else read_told(run, spec.name, target)
        with _in_one_line(kind.title):
            tracker = kind.tracker.begin(spec, me, folder, told)
            for news in follow(run, told, is_over):
                notes += _tell(tracker, run, news.values, pictures)
                num_epochs += sum(isinstance(value, Epoch) for value in news.values)
                told = news.told
                if tracker.flush() and target is not None:
                    write_told(run, spec.name, target, told)
            tracker.end(run.finished() is not None)
            if target is not None:
                write_told(run, spec.name, target, told)
            return Tracked(tracker.where, num_epochs, tuple(notes))


def _tell(
    tracker: Tracker, run: RunFolder, values: Sequence[Value], pictures: Pictures
) -> Iterator[str]:
    """Passes the values on, pictures after what they belong to; what is worth saying comes back."""
    for value in values:
        seen = pictures(run, value) if isinstance(value, Judged) else ()
        said = [tracker.tell(one) for one in (value, *seen)]
        yield from filter(None, said)


@contextmanager
def _in_one_line(title: str) -> Iterator[None]:
    """An error of imagette's own is told as it is, whatever else is raised as a TrackerError."""
    try:
        yield
    except ImagetteError:
        raise
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {short(error, 300)}"
        raise TrackerError(f"{title} failed ({told}): the run is whole, track it again") from error
