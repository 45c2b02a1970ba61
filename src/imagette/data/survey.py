"""What looking at a set tells, before any network: sizes, proportions, statistics, duplicates."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagette.data.dataset import Dataset, look_at_test, open_data
from imagette.data.digests import image_digests
from imagette.data.duplicates import equal_pictures
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.data.statistics import ChannelStatistics, channel_statistics, class_counts
from imagette.data.streamed import AnyImages, StreamedImages, stored

if TYPE_CHECKING:
    import polars

IMBALANCED = 1.5
"""A split is called imbalanced when its largest class is more than so many times its smallest."""


@dataclass(frozen=True)
class Survey:
    """Of one data set, its test images looked at but put through no network."""

    name: str
    source: str
    input_shape: tuple[int, int, int]  # C, H, W
    class_names: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]  # split to images per class
    statistics: ChannelStatistics  # of the training images
    equal_in_test: tuple[tuple[int, int], ...]  # index in the whole training set, in the test set

    @property
    def imbalanced(self) -> tuple[str, ...]:
        """The splits that are."""
        return tuple(split for split, counts in self.counts.items() if is_imbalanced(counts))

    def proportions(self, split: str) -> tuple[float, ...]:
        """The share of each class, 0 to 1; 0 in an empty split."""
        total = sum(self.counts[split])
        return tuple(count / max(total, 1) for count in self.counts[split])

    def frame(self) -> "polars.DataFrame":
        """The classes side by side: `label`, `class`, then images and share of each split."""
        import polars

        columns: dict[str, Any] = {
            "label": range(len(self.class_names)),
            "class": self.class_names,
        }
        for split, counts in self.counts.items():
            columns |= {split: counts, f"{split}_share": self.proportions(split)}
        return polars.DataFrame(columns)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "imbalanced": self.imbalanced}


def is_imbalanced(counts: tuple[int, ...]) -> bool:
    """Whether the largest class has more than `IMBALANCED` times the images of the smallest.

    >>> is_imbalanced((10, 15)), is_imbalanced((10, 16)), is_imbalanced((0, 0))
    (False, True, False)
    """
    return max(counts) > IMBALANCED * min(counts)


def survey_of(spec: DataSpec, data_dir: Path | None = None, base: Path | None = None) -> Survey:
    """Look at the set that `spec` names: its splits side by side, test images included.

    They are looked at, and put through no network: that is no opening. `imbalanced` names the
    splits whose largest class is far larger than their smallest.

    >>> found = survey_of(DataSpec(name="fashion-sample"))
    >>> found.proportions("test")[:2], found.imbalanced
    ((0.1, 0.1), ())
    """
    whole = open_data(spec.model_copy(update={"validation": 0.0, "limit": None}), data_dir, base)
    return survey(open_data(spec, data_dir, base), whole.train, look_at_test(spec, data_dir, base))


def survey(dataset: Dataset, whole: Split, test: Split) -> Survey:
    """Look at a data set, at its training images before any cut (`whole`) and at its test set."""
    splits = {"train": dataset.train, "validation": dataset.validation, "test": test}
    return Survey(
        name=dataset.name,
        source=dataset.source,
        input_shape=dataset.input_shape,
        class_names=dataset.class_names,
        counts={
            name: class_counts(split.labels, len(dataset.class_names))
            for name, split in splits.items()
        },
        statistics=channel_statistics(_with_bytes(dataset.train.images)),
        equal_in_test=tuple(
            equal_pictures(
                image_digests(_with_bytes(whole.images)), image_digests(_with_bytes(test.images))
            )
        ),
    )


def _with_bytes(images: AnyImages) -> AnyImages:
    """The same images, refused where they have no bytes; those on the disk stay there."""
    on_disk = isinstance(images, StreamedImages) and images.are_bytes
    return images if on_disk else stored(images)
