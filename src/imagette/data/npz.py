"""`npz:PATH`: a data set in one NumPy archive."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.data.own_set import numbered, own_set
from imagette.data.raw import RawSet
from imagette.data.readers.npz import array_names, labelled, read_arrays
from imagette.data.split import Split
from imagette.errors import DataError
from imagette.plain import short

_BOTH = frozenset(("x_train", "y_train", "x_test", "y_test"))
_ONE = frozenset(("images", "labels"))


@dataclass(frozen=True)
class NpzSource:
    """Keys x_train, y_train, x_test, y_test; or images, labels, of which a fifth becomes the test.

    `class_names`, if present, names the classes; otherwise they are called by their labels.
    """

    path: Path

    @property
    def key(self) -> str:
        return f"npz-{hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]}"

    def fingerprint(self) -> str:
        status = self.path.stat()
        return f"{status.st_size} {status.st_mtime_ns}"

    def load(self, _data_dir: Path | None) -> RawSet:
        names = frozenset(array_names(self.path))
        wanted = next((keys for keys in (_BOTH, _ONE) if keys <= names), None)
        if wanted is None:
            raise DataError(
                f"{str(self.path)!r} must hold x_train, y_train, x_test and y_test, or images and "
                f"labels. Got {short(', '.join(sorted(names))) or 'nothing'}."
            )
        arrays = read_arrays(self.path, wanted | (names & {"class_names"}))
        test = None
        if wanted == _BOTH:
            train = Split(*labelled(arrays, "x_train", "y_train", self.path))
            test = Split(*labelled(arrays, "x_test", "y_test", self.path))
        else:
            train = Split(*labelled(arrays, "images", "labels", self.path))
        class_names = (
            names_of(arrays["class_names"], self.path)
            if "class_names" in arrays
            else numbered(train.labels)
        )
        return own_set(class_names, train, test, str(self.path))


def names_of(array: NDArray[Any], path: Path) -> tuple[str, ...]:
    """Class names from an array of text [K]; DataError for any other."""
    if array.ndim != 1 or array.dtype.kind not in "US":
        raise DataError(
            f"'class_names' of {str(path)!r} must be text [K], one name a class. "
            f"Got {array.dtype} {list(array.shape)}."
        )
    try:
        return tuple(array.astype(np.str_).tolist())
    except UnicodeDecodeError as error:
        raise DataError(f"'class_names' of {str(path)!r} is no text ({error}).") from error
