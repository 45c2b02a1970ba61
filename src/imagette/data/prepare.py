"""From a name to a set ready to be cut: the cache if it has it, else the source."""

import errno
from functools import cache
from pathlib import Path

from imagette.data.cache import open_cached, write_cached
from imagette.data.notice import notice
from imagette.data.places import cache_root
from imagette.data.prepared import Prepared, prepared_in_memory
from imagette.data.raw import Source
from imagette.data.sources import source_of
from imagette.data.spec import DataSpec
from imagette.errors import DataError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def prepare(spec: DataSpec, data_dir: Path | None = None, base: Path | None = None) -> Prepared:
    """The set that `spec` names, cached where `spec.cache` and the disk allow.

    A cache that cannot be written is no failure: the set stays in memory, and a line says so.
    Raises UsageError for an unknown name, DataError for data that cannot be had.
    """
    source = source_of(spec, base)
    try:
        return _cached(source, data_dir) if spec.cache else _loaded(source, data_dir)
    except OSError as error:
        if error.errno in _FULL:
            raise DataError(
                f"The disk is full: {spec.name!r} could not be written to "
                f"{str(cache_root())!r}. Free some space, or set IMAGETTE_CACHE to another disk."
            ) from error
        where = repr(str(error.filename)) if error.filename else repr(spec.name)
        raise DataError(f"{where} cannot be read ({error.strerror or error}).") from error


def _cached(source: Source, data_dir: Path | None) -> Prepared:
    fingerprint = source.fingerprint()
    if stored := open_cached(source.key, fingerprint):
        return stored
    loaded = _loaded(source, data_dir)
    try:
        write_cached(source.key, fingerprint, loaded)
    except OSError as error:
        if error.errno in _FULL:
            raise
        _tell_of_no_cache(cache_root())
        return loaded
    return open_cached(source.key, fingerprint) or loaded


@cache
def _tell_of_no_cache(root: Path) -> None:
    """Once a process, however often data are opened."""
    notice(f"the cache {str(root)!r} cannot be written, so data stay in memory")


def _loaded(source: Source, data_dir: Path | None) -> Prepared:
    return prepared_in_memory(source.load(data_dir))
