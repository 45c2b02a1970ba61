"""What was measured on this machine and chosen by it: one file, for every later run.

`choices.json` in the state folder: `{"version": 1, "choices": [{"key": {...}, "value": {...}}]}`.
"""

from collections.abc import Callable
from pathlib import Path

from imagette.errors import StoreError
from imagette.store.json_files import Row, read_json, write_json
from imagette.store.ledger import state_folder
from imagette.store.lock import locked
from imagette.store.whole import make_folder, telling_of

VERSION = 1


def choices_path() -> Path:
    return state_folder() / "choices.json"


def chosen(key: Row, choose: Callable[[], Row]) -> tuple[Row, bool]:
    """The value kept for `key`, and whether it was there; else what `choose` says, now kept.

    Other processes wait meanwhile, so that what one measures the next need not. Raises StoreError
    if the file is damaged or of a later version, or cannot be written.
    """
    path = choices_path()
    with telling_of(path):
        make_folder(path.parent)
    with locked(path):
        kept = _kept(path)
        for choice in kept:
            if choice["key"] == key:
                return choice["value"], True
        value = choose()
        write_json(path, {"version": VERSION, "choices": [*kept, {"key": key, "value": value}]})
    return value, False


def _kept(path: Path) -> list[Row]:
    if not path.exists():
        return []
    remedy = "remove it, and what it held is measured again"
    try:
        found = read_json(path)
    except StoreError:
        raise StoreError(f"{path} is damaged, no JSON object: {remedy}") from None
    version, choices = found.get("version"), found.get("choices")
    if version != VERSION:
        raise StoreError(f"{path} is of version {version!r:.20}, not {VERSION}: {remedy}")
    if not isinstance(choices, list) or not all(map(_is_choice, choices)):
        raise StoreError(f"{path} is damaged, not a list of choices: {remedy}")
    return choices


def _is_choice(row: object) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(part), dict) for part in _PARTS)


_PARTS = ("key", "value")
