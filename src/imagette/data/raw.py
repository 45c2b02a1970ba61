"""A set as its source gives it, before any cut or cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from imagette.arrays import Labels
from imagette.data.split import Split
from imagette.errors import DataError

SplitName = Literal["train", "test"]

LARGEST_BYTES = 16 << 30
"""The most that the decoded pixels of one file or folder may take."""


@dataclass(frozen=True, eq=False)
class RawSet:
    """Training and test images, the names of the classes, and where they came from."""

    class_names: tuple[str, ...]
    train: Split
    test: Split
    origin: str


class Source(Protocol):
    """What can give a set: a named one, a folder, an archive."""

    @property
    def key(self) -> str:
        """The name of its folder in the cache."""

    def fingerprint(self) -> str:
        """Changes when what `load` gives may have changed."""

    def load(self, data_dir: Path | None, /) -> RawSet: ...


def check_labels(labels: Labels, class_names: Sequence[str], where: str) -> None:
    """Refuse labels outside 0..K-1, naming the first."""
    wrong = np.flatnonzero((labels < 0) | (labels >= len(class_names)))
    if len(wrong):
        raise DataError(
            f"Labels must be from 0 to {len(class_names) - 1}. "
            f"{where} has {labels[wrong[0]]} at index {wrong[0]}."
        )
