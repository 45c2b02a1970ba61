"""A set ready to be cut: in memory or in the cache, either half on demand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imagette.arrays import Labels
from imagette.data.digests import Digests, content_digest, image_digests
from imagette.data.raw import RawSet, SplitName
from imagette.data.split import Split
from imagette.data.streamed import AnyImages


@dataclass(frozen=True, eq=False)
class Part:
    """One half of a set, with the digest of each image."""

    images: AnyImages
    labels: Labels
    digests: Digests


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is known without opening either half, and `part`, which opens one."""

    class_names: tuple[str, ...]
    origin: str
    digests: Mapping[SplitName, str]  # content digest of each half
    part: Callable[[SplitName], Part]


def prepared_in_memory(raw: RawSet) -> Prepared:
    parts = {"train": _part(raw.train), "test": _part(raw.test)}
    return Prepared(
        class_names=raw.class_names,
        origin=raw.origin,
        digests={
            "train": content_digest(raw.train.images, raw.train.labels),
            "test": content_digest(raw.test.images, raw.test.labels),
        },
        part=parts.__getitem__,
    )


def _part(split: Split) -> Part:
    return Part(split.images, split.labels, image_digests(split.images))
