"""`folder:PATH`: a data set of picture files, one folder a class."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagette.data.classes import check_names
from imagette.data.notice import notice
from imagette.data.own_set import own_set
from imagette.data.raw import LARGEST_BYTES, RawSet
from imagette.data.readers.picture import SUFFIXES, Colour, read_header, read_picture
from imagette.data.scratch import room
from imagette.data.split import Split
from imagette.errors import DataError
from imagette.plain import short

Listing = Mapping[str, tuple[Path, ...]]
"""Class name to its picture files, both sorted by name."""


@dataclass(frozen=True)
class _Form:
    """What every picture becomes."""

    height: int
    width: int
    colour: Colour
    size: int | None  # scaled and cropped to it, or left as they are

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, 1 if self.colour == "grey" else 3


@dataclass(frozen=True)
class FolderSource:
    """train/CLASS/PICTURE and test/CLASS/PICTURE, or CLASS/PICTURE and a fifth becomes the test.

    Classes are numbered in the order of their names. Hidden files, and files that no picture
    format claims, are left out; a link may not leave the folder. Without `size` all pictures must
    be as large as the first; without `colour` they are grey if all training pictures are.
    """

    path: Path
    size: int | None = None
    colour: Colour | None = None

    @property
    def key(self) -> str:
        said = f"{self.path.resolve()} {self.size} {self.colour}"
        return f"folder-{hashlib.sha256(said.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"

    def fingerprint(self) -> str:
        """Digest of the names, sizes and times of all files; their contents are not read."""
        running = hashlib.sha256()
        for listing in self._listings():
            for file in (file for files in (listing or {}).values() for file in files):
                status = file.stat()
                line = f"{file.relative_to(self.path)!r} {status.st_size} {status.st_mtime_ns}\n"
                running.update(line.encode("utf-8", "surrogateescape"))
        return running.hexdigest()

    def load(self, _data_dir: Path | None) -> RawSet:
        train_files, test_files = self._listings()
        if others := self._passed_over():
            notice(f"only train/ and test/ of {str(self.path)!r} are read, not {others}")
        class_names = tuple(train_files)
        form = self._form(train_files)
        train = _read(train_files, class_names, form)
        test = None
        if test_files is not None:
            test = _read(self._known(test_files, class_names), class_names, form)
        return own_set(class_names, train, test, str(self.path))

    def _listings(self) -> tuple[Listing, Listing | None]:
        """The training files, and the test files if they have a folder of their own."""
        train, test = self.path / "train", self.path / "test"
        if not train.is_dir():
            return _listing(self.path, self.path), None
        return _listing(train, self.path), _listing(test, self.path) if test.is_dir() else None

    def _passed_over(self) -> str:
        """The folders beside train/ and test/, such as val/, in words."""
        if not (self.path / "train").is_dir():
            return ""
        beside = [child.name for child in _folders(self.path)]
        return short(", ".join(f"{name!r}" for name in beside if name not in ("train", "test")))

    def _known(self, test: Listing, class_names: Sequence[str]) -> Listing:
        if unknown := [name for name in test if name not in class_names]:
            raise DataError(
                f"{str(self.path / 'test' / unknown[0])!r} is a class that train/ does not have."
            )
        return test

    def _form(self, train: Listing) -> _Form:
        files = [file for group in train.values() for file in group]
        headers = [read_header(file) for file in files]
        grey = all(header.colour == "grey" for header in headers)
        colour = self.colour or ("grey" if grey else "rgb")
        if self.size is not None:
            return _Form(self.size, self.size, colour, self.size)
        first = headers[0]
        for file, header in zip(files, headers, strict=True):
            if (header.height, header.width) != (first.height, first.width):
                raise _mixed(file, (header.height, header.width), (first.height, first.width))
        return _Form(first.height, first.width, colour, None)


def _folders(folder: Path) -> list[Path]:
    """Those inside it that are not hidden, in the order of their names."""
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    return [folder / name for name in names if (folder / name).is_dir()]


def _listing(folder: Path, root: Path) -> Listing:
    classes = _folders(folder)
    if not classes:
        raise DataError(f"{str(folder)!r} must hold one folder for each class. It holds none.")
    check_names([child.name for child in classes], str(folder))
    inside = root.resolve()
    return {child.name: tuple(_pictures(child, inside)) for child in classes}


def _pictures(folder: Path, root: Path) -> Iterator[Path]:
    """The picture files of a class; `root` is resolved, and only links are followed to see where.

    Neither a folder is a picture nor a pipe, which nobody may ever write to.
    """
    _refuse_outside(folder, root)
    found = False
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.name.startswith("."):
            continue
        file = folder / entry.name
        if entry.is_symlink():
            _refuse_outside(file, root)
        if entry.is_dir():
            raise DataError(f"{str(file)!r} is a folder within a class: only pictures may be.")
        if file.suffix.lower() in SUFFIXES:
            if not entry.is_file():
                raise DataError(f"{str(file)!r} is no file, or a link to none: remove it.")
            found = True
            yield file
    if not found:
        raise DataError(f"The class {folder.name!r} is empty: no picture in {str(folder)!r}.")


def _refuse_outside(path: Path, root: Path) -> None:
    try:
        inside = path.resolve().is_relative_to(root)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        raise DataError(f"{str(path)!r} is a link that leads nowhere: remove it.") from error
    if not inside:
        raise DataError(f"{str(path)!r} is a link that leaves {str(root)!r}: refused.")


def _read(listing: Listing, class_names: Sequence[str], form: _Form) -> Split:
    """All pictures, one decoded at a time into their place."""
    total = sum(map(len, listing.values()))
    if total * int(np.prod(form.shape)) > LARGEST_BYTES:
        raise DataError(
            f"{total:,} pictures of {form.height} x {form.width} take more than "
            f"{LARGEST_BYTES >> 30} GiB. Set data.size."
        )
    images = room((total, *form.shape))
    labels = np.empty(total, np.int32)
    at, number = 0, {name: label for label, name in enumerate(class_names)}
    for name, files in listing.items():
        for file in files:
            picture = read_picture(file, form.colour, form.size)
            if picture.shape != form.shape:
                raise _mixed(file, picture.shape[:2], form.shape[:2])
            images[at], labels[at] = picture, number[name]
            at += 1
    return Split(images, labels)


def _mixed(file: Path, size: Sequence[int], first: Sequence[int]) -> DataError:
    return DataError(
        f"All pictures must be of one size, or data.size given. {str(file)!r} is {size[0]} x "
        f"{size[1]} (height x width), the first {first[0]} x {first[1]}."
    )
