"""TensorBoard: event files, written with its own package alone (no TensorFlow, no PyTorch).

A process that goes on begins a file of its own in the same folder, with a SessionLog.START that
takes back what has a later step: TensorBoard shows one curve. The step is that of the training.
https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from imagette.errors import UsageError
from imagette.plain import legible
from imagette.run_spec import TensorBoardSpec
from imagette.store.naming import is_new_name, safe_title
from imagette.store.tracking import Told
from imagette.store.whole import make_folder, telling_of
from imagette.track.protocol import Target
from imagette.track.values import About, Epoch, Judged, Picture, Rewritten, Value
from imagette.train.events import Decision


class TensorBoard:
    """A run's folder of event files: scalars, hyper-parameters, decisions as text, and pictures."""

    def __init__(self, folder: Path, run: About, first_step: int) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if legible(str(folder)) != str(folder):  # its package takes UTF-8 for every name
            raise UsageError(
                f"TensorBoard cannot write in {legible(str(folder))} in this locale, which knows "
                "ASCII alone: set PYTHONUTF8=1, or LC_ALL=C.UTF-8"
            )
        with telling_of(folder):
            make_folder(folder)
            self._writer = EventFileWriter(str(folder))
        self._folder, self._run, self._last = folder, run, run.began
        self._forget(first_step)

    @classmethod
    def target(cls, spec: TensorBoardSpec, run: About, folder: Path) -> Target:
        where = _folder(spec, run, folder)
        inside = where.is_relative_to(folder)  # and goes where the run goes
        return {"folder": where.relative_to(folder).as_posix() if inside else str(where)}

    @classmethod
    def begin(cls, spec: TensorBoardSpec, run: About, folder: Path, told: Told) -> Self:
        tracker = cls(_folder(spec, run, folder), run, told.steps[-1] + 1 if told.steps else 0)
        if not told.steps:
            tracker._write(0, run.began, _hyper_parameters(run))
        return tracker

    @property
    def where(self) -> str:
        return f"{self._folder}, shown by tensorboard --logdir"

    def tell(self, value: Value) -> None:
        match value:
            case Epoch(epoch, step, at, figures):
                self._scalars(step, at, {"epoch": epoch, **figures})
            case Judged(step=step, at=at, figures=figures):
                self._scalars(step, at, figures)
            case Rewritten(step):
                self._forget(step)
            case Decision(what, decided, because):
                self._write(0, self._run.began, _text(what, f"{decided} ({because})"))
            case Picture(name, step, at, png):
                self._write(step, at, _image(name, png))

    def flush(self) -> bool:
        self._writer.flush()
        return True

    def end(self, is_finished: bool) -> None:
        if is_finished:
            self._write(0, self._run.began, _success(self._last))
        self._writer.close()

    def _scalars(self, step: int, at: float, figures: Mapping[str, float]) -> None:
        """In the form that each of TensorBoard's own readers takes back, too."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._last = at
        values = [Summary.Value(tag=name, simple_value=one) for name, one in figures.items()]
        self._write(step, at, Summary(value=values))

    def _forget(self, step: int) -> None:
        """What was told of this step and later ones is taken back."""
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog

        log = SessionLog(status=SessionLog.START)
        self._writer.add_event(Event(step=step, wall_time=self._last, session_log=log))

    def _write(self, step: int, at: float, summary: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(step=step, wall_time=at, summary=summary))


def _folder(spec: TensorBoardSpec, run: About, folder: Path) -> Path:
    """The run's own, for event files of two runs in one folder would be shown as one run."""
    if spec.folder is None:
        return folder / "tensorboard"
    # A folder named by hand (`--out`), or by a sweep, may be called as another one elsewhere.
    name = run.name if is_new_name(run.name) else f"{run.name}-{run.id[:8]}"
    return Path(spec.folder).absolute() / safe_title(run.title) / name


def _hyper_parameters(run: About) -> Any:
    """All settings by their dotted keys; lists as text, for the plugin knows none."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    values = dict(_flat(run.settings)) | dict(run.facts)
    return hparams_pb(values, trial_id=run.id, start_time_secs=run.began)


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, bool | int | float | str):
            yield name, value
        elif value:
            yield name, json.dumps(value)


def _success(at: float) -> Any:
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=at)
    data = plugin_data_pb2.HParamsPluginData(session_end_info=end)
    return _of_plugin(metadata.SESSION_END_INFO_TAG, metadata.create_summary_metadata(data))


def _of_plugin(tag: str, about: Any) -> Any:
    """A value that is all in its metadata, as the plugin for hyper-parameters reads it."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams.metadata import NULL_TENSOR

    return Summary(value=[Summary.Value(tag=tag, metadata=about, tensor=NULL_TENSOR)])


def _text(name: str, text: str) -> Any:
    from tensorboard.plugins.text.summary_v2 import text_pb

    return text_pb(f"decisions/{name}", text)


def _image(name: str, png: bytes) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))  # of the header, IHDR
    image = Summary.Image(encoded_image_string=png, width=width, height=height)
    return Summary(value=[Summary.Value(tag=name, image=image)])
