"""Code of one's own that the trials of a sweep name: found at planning, and known by its digest."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from imagette.experiment import Experiment
from imagette.pointers import absolute_pointer, resolve_pointer
from imagette.run.own import pointers_of, renamed, sources_of


def located(experiment: Experiment, folders: Sequence[Path]) -> Experiment:
    """The experiment with the full paths of its own files, so that it means the same anywhere.

    A file is looked for in `folders`, then in the working folder, and run once. Raises UsageError
    for a pointer that leads nowhere.
    """
    names = {
        pointer: absolute_pointer(pointer, [*folders, Path()])
        for pointer in pointers_of(experiment)
    }
    for pointer in names.values():
        lost_file = ".py:" in pointer and bool(folders)
        resolve_pointer(pointer, folders[0] if lost_file else None)
    return renamed(experiment, names) if names else experiment


def digests_of(experiments: Iterable[Experiment]) -> dict[str, str]:
    """SHA-256 of the files behind their pointers, by name; several where files share a name."""
    found: dict[str, set[str]] = {}
    for experiment in experiments:
        for name, content in sources_of(experiment, None).items():
            found.setdefault(name, set()).add(sha256(content).hexdigest())
    return {name: " ".join(sorted(digests)) for name, digests in sorted(found.items())}
