"""Names for the folders of trials."""

from collections.abc import Sequence

from imagette.store.naming import safe_title


def folder_names(names: Sequence[str]) -> list[str]:
    """A folder's name for each trial's name, all different where case counts for nothing too.

    >>> folder_names(["without flip", "Without: flip", "batch=16"])
    ['without-flip', 'Without-flip-2', 'batch-16']
    """
    taken: set[str] = set()
    folders = []
    for number, name in enumerate(names, start=1):
        folder = safe_title(name)
        while folder.casefold() in taken:
            folder = f"{folder}-{number}"
        taken.add(folder.casefold())
        folders.append(folder)
    return folders
