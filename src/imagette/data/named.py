"""A named set: found on disk in one of its layouts or fetched, and in either case verified."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imagette.arrays import Images, Labels
from imagette.data.digests import digest_of, require_digest
from imagette.data.mirrors import Mirror
from imagette.data.notice import notice
from imagette.data.places import asked_roots, customary_roots
from imagette.data.raw import RawSet, SplitName, check_labels
from imagette.data.scratch import scratch_folder
from imagette.data.split import Split
from imagette.data.streamed import selected
from imagette.errors import DataError

PublishedFiles = Callable[[Images, Labels], Sequence[Iterable[bytes]]]


@dataclass(frozen=True)
class Layout:
    """One form in which a set lies on disk: which files, in which folder, and who reads them."""

    title: str
    folders: tuple[str, ...]  # patterns below a root
    files: Mapping[SplitName, tuple[str, ...]]  # patterns in the folder, each of at least one file
    read: Callable[[Sequence[Path], SplitName], tuple[Images, Labels]]
    digests: Mapping[str, str] = field(default_factory=dict)  # of files checked before reading

    def find(self, root: Path) -> Path | None:
        """The first folder below `root` that has all the files."""
        for pattern in self.folders:
            folders = [root] if pattern == "." else sorted(root.glob(pattern))
            for folder in folders:
                if all(any(folder.glob(p)) for patterns in self.files.values() for p in patterns):
                    return folder
        return None

    def split(self, folder: Path, split: SplitName) -> tuple[Images, Labels]:
        paths = [path for pattern in self.files[split] for path in sorted(folder.glob(pattern))]
        for path in paths:
            if not path.is_file():
                raise DataError(f"{str(path)!r} is no file, or a link to none: remove it.")
            if path.name in self.digests:
                require_digest(path, self.digests[path.name])
        return self.read(paths, split)


@dataclass(frozen=True)
class NamedSet:
    """All that is known of a set.

    Whatever the layout, images and labels are laid out again as the files that were published
    (`published_files`), and those must have the published digests. So every way in gives the same
    bytes, in the same order, or an error.
    """

    name: str
    title: str
    home: str  # who made it, and where it is described
    shape: tuple[int, int, int]  # H, W, C
    counts: Mapping[SplitName, int]
    class_names: tuple[str, ...]
    published_files: PublishedFiles
    published: Mapping[SplitName, tuple[str, ...]]  # "md5:..." of each published file
    layouts: tuple[Layout, ...]
    mirrors: tuple[Mirror, ...] = ()
    bundled: Path | None = None  # a folder of this package that holds it

    @property
    def key(self) -> str:
        return self.name

    def fingerprint(self) -> str:
        return digest_of(digest.encode() for split in self.published.values() for digest in split)

    def load(self, data_dir: Path | None) -> RawSet:
        """From the package, from disk, or from a mirror, whichever has it first.

        What lies in a folder that the user named must be the set. What lies in a customary place
        may be anybody's: if it is not, a line says so and the search goes on.
        """
        for root in (self.bundled,) if self.bundled else asked_roots(data_dir):
            if raw := self._found(root):
                return raw
        if data_dir is not None:
            notice(f"{self.name}: none of its known layouts is in {str(data_dir)!r}")
        for root in customary_roots():
            try:
                if raw := self._found(root):
                    return raw
            except DataError as error:
                notice(f"{self.name}: passed over: {error}")
        return self._fetched()

    def find(self, root: Path) -> tuple[Layout, Path] | None:
        """The layout in which this set seems to lie below `root`, and the folder; none is read."""
        found = ((layout, layout.find(root)) for layout in self.layouts)
        return next(((layout, folder) for layout, folder in found if folder), None)

    def verified(self, split: SplitName, images: Images, labels: Labels, where: str) -> Split:
        """The split in its published order; DataError where it is not the published one."""
        expected = self.published[split]
        check_labels(labels, self.class_names, where)
        if images.shape[1:] == self.shape and len(images) == len(labels) == self.counts[split]:
            files = self.published_files(images, labels)
            algorithm = expected[0].partition(":")[0]
            found = tuple(f"{algorithm}:{digest_of(file, algorithm)}" for file in files)
            if sorted(found) == sorted(expected):
                return _reordered(Split(images, labels), found, expected)
        raise DataError(
            f"{where} is not the published {split} split of {self.name}: the digests differ, so it "
            "is truncated, altered or another set. Move it away and try again."
        )

    def _found(self, root: Path) -> RawSet | None:
        if (found := self.find(root)) is None:
            return None
        layout, folder = found
        where = f"{layout.title} in {str(folder)!r}"
        train, test = (
            self.verified(split, *layout.split(folder, split), where) for split in ("train", "test")
        )
        # Where imagette itself lies is no news, and soon another place.
        origin = "the files that come with imagette" if root == self.bundled else where
        return RawSet(self.class_names, train, test, origin)

    def _fetched(self) -> RawSet:
        failures = []
        for mirror in self.mirrors:
            notice(f"{self.name}: trying {mirror.title}")
            try:
                return self._from(mirror)
            except DataError as error:
                notice(f"{self.name}: {error}")
                failures.append(f"{mirror.title}: {error}")
        raise DataError(
            f"{self.name!r} is not on disk and could not be fetched ({'; '.join(failures)}). "
            "Connect to a network, or give the folder that holds it with --data-dir or "
            "IMAGETTE_DATA."
        )

    def _from(self, mirror: Mirror) -> RawSet:
        with tempfile.TemporaryDirectory(prefix="imagette-", dir=scratch_folder()) as folder:
            mirror.fetch(Path(folder))
            raw = self._found(Path(folder))
        if raw is None:
            raise DataError(f"{mirror.title} gave files that no layout of {self.name} knows.")
        return RawSet(raw.class_names, raw.train, raw.test, mirror.title)


def _reordered(split: Split, found: Sequence[str], expected: Sequence[str]) -> Split:
    """The same images with the published files in their order.

    Hugging Face's CIFAR-10 follows the order of the original archive, which begins with batch 4.
    """
    if tuple(found) == tuple(expected):
        return split
    size = len(split) // len(found)
    starts = [found.index(digest) * size for digest in expected]
    order = np.concatenate([np.arange(start, start + size) for start in starts])
    return Split(selected(split.images, order), split.labels[order])
