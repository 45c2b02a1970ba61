"""The pictures of a report: which images stand on its one sheet, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.digests import image_digests
from imagette.data.split import Split
from imagette.data.streamed import StreamedImages
from imagette.errors import ImagetteError
from imagette.evaluate.cells import images_behind
from imagette.evaluate.mistakes import Mistake, mistakes
from imagette.evaluate.predictions import Predictions
from imagette.report.blocks import Block, Sheet, Strips
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.pictures import examples_by_class
from imagette.report.sheet import room_for, sheet_of
from imagette.store.folder import RunFolder

_MOST_BEHIND = 12
_MOST_MISTAKES = 24
_SAMPLES = 160  # pictures of the training images, shared by the classes
_ROWS = 8  # at most so many of a class


@dataclass(frozen=True, eq=False)
class Judged:
    """What a split was judged by: its predictions, and its images where they are here."""

    predictions: Predictions
    images: Images | None


@dataclass(frozen=True, eq=False)
class OnSheet:
    """The sheet, and what stands where: samples, cells, and judged images by their index."""

    sheet: Sheet | None
    samples: Block | None
    behind: tuple[tuple[int, int, tuple[int, ...]], ...]
    mistakes: tuple[Mistake, ...]
    places: Mapping[int, int]


def read_judged(folder: RunFolder, split: str, data: Split | None) -> Judged | None:
    """The logits kept of a split, with its images if they are the ones that were judged."""
    try:
        _, arrays = folder.read_evaluation(split)
        predictions = Predictions(arrays["logits"], arrays["labels"])
    except (ImagetteError, KeyError):
        return None
    return Judged(predictions, _same_images(data, arrays.get("image_digests")))


def _same_images(data: Split | None, digests: NDArray[np.uint8] | None) -> Images | None:
    """None where they are others, or read anew each time."""
    if data is None or digests is None or isinstance(data.images, StreamedImages):
        return None
    if len(data) != len(digests) or not np.array_equal(image_digests(data.images), digests):
        return None
    return data.images


def on_sheet(
    judged: Judged | None, train: Split | None, names: Sequence[str], say: Language
) -> OnSheet:
    """Chooses samples of training, images behind each cell and mistakes, and makes the sheet."""
    found = mistakes(judged.predictions, _MOST_MISTAKES) if judged else ()
    samples = _samples(train, len(names))
    images = judged.images if judged else None
    parts = [samples[1]] if samples else []
    first = len(samples[1]) if samples else 0
    behind: Mapping[tuple[int, int], tuple[int, ...]] = {}
    places: dict[int, int] = {}
    if judged and images is not None:
        room = room_for(*images.shape[1:3]) - first - _MOST_MISTAKES
        behind = images_behind(judged.predictions, _MOST_BEHIND, max(1, room))
        inside = {index for cell in behind.values() for index in cell}
        chosen = sorted(inside | {one.index for one in found})
        places = {index: first + place for place, index in enumerate(chosen)}
        parts.append(images[chosen])
    whole = np.concatenate(parts) if parts else None
    return OnSheet(
        sheet=None if whole is None or not len(whole) else sheet_of(whole),
        samples=_strips(samples[0], names, say) if samples else None,
        behind=tuple(
            (*cell, tuple(places[index] for index in inside)) for cell, inside in behind.items()
        ),
        mistakes=found,
        places=places,
    )


def _samples(train: Split | None, classes: int) -> tuple[Labels, Images] | None:
    """A few training images of each class, class by class, with their labels."""
    if train is None or isinstance(train.images, StreamedImages):
        return None
    each = min(_ROWS, max(1, _SAMPLES // max(1, classes)))
    chosen = examples_by_class(train.labels, classes, each)[:_SAMPLES]
    return train.labels[chosen], train.images[chosen]


def _strips(labels: Labels, names: Sequence[str], say: Language) -> Strips:
    """One row a class; the samples are the first pictures of the sheet, in their order."""
    rows = tuple(
        (shown(name), tuple(np.flatnonzero(labels == label).tolist()))
        for label, name in enumerate(names)
    )
    return Strips(tuple(row for row in rows if row[1]), say("data.samples"))
