"""Every line that says how to install something names an extra that there is."""

import ast
import re
import tomllib
from pathlib import Path

from imagette.export.formats import FORMATS
from imagette.run.on_engine import ENGINES
from imagette.track.trackers import TRACKERS

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
# Where the extra is a name in the code: what that name may be.
NAMES = {
    "export/format.py": [row.extra for row in FORMATS.values()],
    "track/trackers.py": [*TRACKERS],
    "run/engine.py": [*ENGINES],
    "run/parity.py": [*ENGINES],
}


def asked_for():
    """Where a message about a missing extra is made, and the extras that it can name."""
    for path in sorted((ROOT / "src/imagette").rglob("*.py")):
        place = path.relative_to(ROOT / "src/imagette").as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MissingExtra":
                extra = node.args[1]
                known = [extra.value] if isinstance(extra, ast.Constant) else NAMES[place]
                yield place, known


def test_a_missing_extra_is_one_of_pyproject():  # 000-26
    found = list(asked_for())
    assert len(found) >= 8
    assert NAMES.keys() <= {place for place, _ in found}
    assert [one for one in found if not set(one[1]) <= EXTRAS.keys()] == []


def test_what_pages_and_messages_tell_to_install_is_there():  # 000-26
    places = [*(ROOT / "src").rglob("*.*"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    told = {
        name
        for path in places
        if path.suffix in (".py", ".md", ".html", ".toml")
        for names in re.findall(r"imagette\[([\w,-]+)\]", path.read_text(encoding="utf-8"))
        for name in names.split(",")
    }
    assert len(told) > 3
    assert told - EXTRAS.keys() == set()
