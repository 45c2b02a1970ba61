"""What a text tells of one machine alone: where things lie on its disks."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PATH = re.compile(
    r"""'(?P<option>[^'\s/\\]*=)?(?P<quoted>(?:/|[A-Za-z]:[\\/])[^']+)'"""
    r"""|(?<![\w./~\\-])(?!//)(?P<plain>(?:/|[A-Za-z]:[\\/])[^\s'",;()]+)"""
)


def without_places(value: Any) -> Any:
    r"""The same JSON value, of each absolute path in its texts the last part alone.

    >>> without_places("/home/ann/bin/imagette train --out=/tmp/a, see https://a.org/b")
    'imagette train --out=a, see https://a.org/b'
    >>> without_places({"run": "C:\\Users\\ann\\runs\\a", "from": ["'/home/ann lee/b'", 3]})
    {'run': 'a', 'from': ["'b'", 3]}
    >>> without_places("imagette train '--out=/home/ann lee/b'")
    "imagette train '--out=b'"
    """
    match value:
        case str():
            return _PATH.sub(_last_part, value)
        case Mapping():
            return {key: without_places(inner) for key, inner in value.items()}
        case list() | tuple():
            return [without_places(inner) for inner in value]
    return value


def first_place(value: Any) -> str | None:
    """The first absolute path in the texts of a JSON value, None if there is none.

    >>> first_place({"name": "folder:/data/pets", "limit": 3})
    '/data/pets'
    >>> first_place(["folder:pets", "https://a.org/b", "1/2", "npm pack a@1.2"])
    """
    match value:
        case str():
            found = _PATH.search(value)
            return (found["quoted"] or found["plain"]) if found else None
        case Mapping():
            return first_place(list(value.values()))
        case list() | tuple():
            return next((place for inner in value if (place := first_place(inner))), None)
    return None


def home_in(text: str) -> str | None:
    """The user's own folder, if the text names it; whose home is the whole disk has none."""
    home = str(Path.home())
    is_own = Path(home) != Path(Path(home).anchor)
    return home if is_own and re.search(rf"(?<!\w){re.escape(home)}[/\\]", text) else None


def _last_part(found: re.Match[str]) -> str:
    path = found["quoted"] or found["plain"]
    last = re.split(r"[\\/]", path.rstrip("\\/"))[-1]
    return f"'{found['option'] or ''}{last}'" if found["quoted"] else last
