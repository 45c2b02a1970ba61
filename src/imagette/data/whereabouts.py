"""Where a named set is on this machine, without opening it."""

from pathlib import Path

from imagette.data.cache import is_cached
from imagette.data.named import NamedSet
from imagette.data.places import roots


def whereabouts(known: NamedSet, data_dir: Path | None = None) -> str | None:
    """In words: the package, the cache, or a folder that seems to hold it; None if nowhere."""
    if known.bundled:
        return "in the package"
    if is_cached(known.key):
        return "in the cache"
    found = (known.find(root) for root in roots(data_dir))
    return next(
        (f"{layout.title} in {str(folder)!r}" for layout, folder in filter(None, found)), None
    )
