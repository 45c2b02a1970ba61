"""A model file compared with its engine on real images: what was found, and whether it passes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from time import perf_counter

import numpy as np

from imagette.arrays import Images, Logits
from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import ModelFile, Run

TOLERANCE = {"float32": 1e-4, "int8": 0.005}
"""Of float32: the largest absolute difference of a logit; of int8: of the accuracy, .5 point."""

LATENCY_BATCHES = (1, 64)
_LEAST_SECONDS, _LEAST_CALLS = 0.2, 5  # of a measurement of latency


@dataclass(frozen=True, slots=True)
class Changed:
    """An image whose class is another by the file than by the engine."""

    index: int  # in its split
    digest: str  # sha256 of its pixels
    label: str
    engine: str
    file: str


@dataclass(frozen=True, eq=False)
class Checked:
    """A model file and what was measured of it."""

    model: ModelFile
    num_images: int
    differences: Mapping[int, float]  # by batch: the largest |logit of the file - of the engine|
    accuracy_engine: float
    accuracy_file: float
    latency: Mapping[int, float]  # ms by batch
    changed: tuple[Changed, ...]
    first: tuple[Logits, Logits]  # of the first image: the engine's, the file's
    fault: str  # why it does not pass; empty if it does

    @property
    def passed(self) -> bool:
        return not self.fault

    @property
    def largest_difference(self) -> float:
        return float(np.max(list(self.differences.values())))  # NaN stays NaN

    @property
    def digest(self) -> str:
        return sha256(self.model.data).hexdigest()

    @property
    def header_name(self) -> str:
        """Of the same file as C, which says as plainly that it has failed."""
        return str(PurePath(self.file_name).with_suffix(".h"))

    @property
    def file_name(self) -> str:
        """As it is kept: under a name that says so where it does not pass.

        `model.onnx` becomes `model.failed.onnx`.
        """
        stem, dot, suffix = self.model.name.rpartition(".")
        return self.model.name if self.passed else f"{stem}.failed{dot}{suffix}"


def checked(model: ModelFile, examples: Examples, class_names: tuple[str, ...]) -> Checked:
    """Runs the file on all examples at each of its batch sizes, and judges it.

    float32 passes where no logit is off by more than 1e-4 in absolute terms, int8 where the
    accuracy is within .5 point, at every batch; the accuracy and the changes told are those of the
    batch where they are worst. What is not a number never passes. Raises ExportError if the file
    gives no logits of the right shape.
    """
    found = {batch: _logits(model.run, examples, batch) for batch in model.batches}
    differences = {
        batch: float(np.abs(logits - examples.logits).max()) for batch, logits in found.items()
    }
    engine_right = _right(examples.logits, examples)
    apart = {batch: abs(_right(one, examples) - engine_right) for batch, one in found.items()}
    logits = found[max(found, key=lambda batch: (apart[batch], batch))]
    right = [engine_right, _right(logits, examples)]
    count = len(examples.images)
    accuracy_engine, accuracy_file = (number / count for number in right)
    changed = _changed(examples, logits, class_names)
    are_finite = all(np.isfinite(one).all() for one in found.values())
    fault = _fault(model.precision, differences, right, count, are_finite)
    return Checked(
        model=model,
        num_images=count,
        differences=differences,
        accuracy_engine=accuracy_engine,
        accuracy_file=accuracy_file,
        latency=_latency(model, examples.images),
        changed=changed,
        first=(examples.logits[0], logits[0]),
        fault=fault,
    )


def _fault(
    precision: str,
    differences: Mapping[int, float],
    right: list[int],
    count: int,
    are_finite: bool,
) -> str:
    tolerance = TOLERANCE[precision]
    if not are_finite:
        return "its logits are not all finite"
    if precision == "int8":
        engine, file = right
        lost = abs(engine - file) / count
        if lost <= tolerance:
            return ""
        return (
            f"its accuracy is {file / count:.2%}, the engine's {engine / count:.2%}: "
            f"more than {100 * tolerance:g} point apart"
        )
    wrong = {batch: off for batch, off in differences.items() if not off <= tolerance}
    if not wrong:
        return ""
    batch = max(wrong, key=lambda batch: wrong[batch])
    return f"a logit is {wrong[batch]:.3g} off at batch {batch}, more than {tolerance:g}"


def _right(logits: Logits, examples: Examples) -> int:
    return int((logits.argmax(1) == examples.labels).sum())


def _logits(run: Run, examples: Examples, batch: int) -> Logits:
    parts = [run(examples.images[i : i + batch]) for i in range(0, len(examples.images), batch)]
    logits = np.concatenate(parts)
    if logits.shape != examples.logits.shape or logits.dtype != np.float32:
        raise ExportError(
            f"The file gives {logits.dtype} {list(logits.shape)} at batch {batch} for logits "
            f"float32 {list(examples.logits.shape)}: it does not compute the network."
        )
    return logits


def _changed(
    examples: Examples, logits: Logits, class_names: tuple[str, ...]
) -> tuple[Changed, ...]:
    engine, file = examples.logits.argmax(1), logits.argmax(1)
    return tuple(
        Changed(
            index=int(examples.rows[i]),
            digest=sha256(examples.images[i].tobytes()).hexdigest(),
            label=class_names[examples.labels[i]],
            engine=class_names[engine[i]],
            file=class_names[file[i]],
        )
        for i in np.flatnonzero(engine != file)
    )


def _latency(model: ModelFile, images: Images) -> Mapping[int, float]:
    if model.latency is not None:
        return model.latency
    return {batch: 1000 * seconds_of(model.run, images, batch) for batch in LATENCY_BATCHES}


def seconds_of(
    run: Run, images: Images, batch: int, clock: Callable[[], float] = perf_counter
) -> float:
    """The median of several calls on one batch; images are taken again where there are fewer."""
    given = images[np.arange(batch) % len(images)]
    run(given)  # the first call may set things up
    times: list[float] = []
    while len(times) < _LEAST_CALLS or sum(times) < _LEAST_SECONDS:
        began = clock()
        run(given)
        times.append(clock() - began)
    return float(np.median(times))
