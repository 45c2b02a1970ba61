"""`data.python`: a data set that a class or a function of one's own gives."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagette.data.items import Collate, are_arrays, names_within, split_of
from imagette.data.own_set import numbered, own_set
from imagette.data.raw import RawSet
from imagette.errors import UsageError
from imagette.pointers import call_pointer, resolve_pointer, source_of_pointer


@dataclass(frozen=True)
class OwnCode:
    """What `pointer` gives for `args`: one data set, of which a fifth becomes the test set, or a
    tuple (train, test) of two; `items.split_of` says what a data set may be.

    Class names are those given, else the training set's `class_names` or `classes`, else labels.
    The code is run where nothing is cached for its text, and not where it is. What it reads from
    files of its own is not seen: after a change there, change an argument.
    """

    pointer: str
    args: Mapping[str, Any]
    collate: str | None = None
    class_names: tuple[str, ...] | None = None
    base: Path | None = None  # where files are looked for first
    direct: bool = False  # items that bytes cannot hold are read each time they are used

    @property
    def key(self) -> str:
        """Of the file's name, not its folder: a copy within a run finds the same set."""
        names = [_file_and_name(text) for text in (self.pointer, self.collate or "")]
        said = json.dumps([*names, self.args, self.class_names], sort_keys=True, default=str)
        return f"python-{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    def fingerprint(self) -> str:
        """Digest of the files of both pointers."""
        running = hashlib.sha256()
        for pointer in filter(None, (self.pointer, self.collate)):
            _, content = source_of_pointer(pointer, self.base) or ("", b"")
            running.update(hashlib.sha256(content).digest())
        return running.hexdigest()

    def load(self, _data_dir: Path | None) -> RawSet:
        made = call_pointer(self.pointer, self.args, self.base)
        collate = self._collate()
        train, test = _train_and_test(made)
        what = repr(self.pointer)
        training = split_of(train, what, collate, self.direct)
        return own_set(
            self.class_names or names_within(train) or numbered(training.labels),
            training,
            None if test is None else split_of(test, f"{what} (test)", collate, self.direct),
            self.pointer,
        )

    def _collate(self) -> Collate | None:
        if self.collate is None:
            return None
        found = resolve_pointer(self.collate, self.base)
        if not callable(found):
            raise UsageError(
                f"data.collate = '{self.collate}' must be a function. Got a {type(found).__name__}."
            )
        return found


def _train_and_test(made: object) -> tuple[object, object]:
    if isinstance(made, tuple) and len(made) == 2 and not are_arrays(made):
        return made[0], made[1]
    return made, None


def _file_and_name(pointer: str) -> str:
    place, _, name = pointer.rpartition(":")
    return f"{Path(place).name}:{name}"
