"""Makes docs/coverage.md: which requirement is held by which test.

    python scripts/coverage.py            writes it
    python scripts/coverage.py --check    exits 1 if it is out of date

A test cites what it holds in a comment above, beside or inside it: `# 001-07` or
`# 001-07, 000-T2`. An id that docs/requirements.md lacks is an error, so that a slip is seen.
"""

import ast
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ID = re.compile(r"\b\d{3}-T?\d{1,2}\b")
COMMENT = re.compile(rf"#\s*{ID.pattern}")
SHORT = 90

HEAD = """\
# What is held by a test

Made by `make coverage` from the ids that tests cite, against [requirements.md](requirements.md);
a test fails when this page is out of date. *Covered* says that a test cites the id, no more.
"""


@dataclass(frozen=True)
class Requirement:
    """One line of docs/requirements.md."""

    name: str  # "001-07", "000-T2"
    text: str

    @property
    def source(self) -> str:
        return self.name.split("-")[0]


def read_requirements(text: str) -> tuple[dict[str, str], list[Requirement]]:
    """The title of each source, and the requirements in their order."""
    titles = dict(re.findall(r"^## (\d{3}) (.+)$", text, re.MULTILINE))
    lines = re.findall(rf"^- ({ID.pattern}) (.+)$", text, re.MULTILINE)
    return titles, [Requirement(name, words.strip()) for name, words in lines]


def citations(text: str) -> Iterator[tuple[str, str]]:
    """(id, test) for every id in a comment; the test is the one around it, else the next one."""
    tests = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT and COMMENT.match(token.string):
            line = token.start[0]
            after = [test for test in tests if (test.end_lineno or 0) >= line]
            nearest = min(after, key=lambda test: test.lineno, default=None)
            name = nearest.name if nearest else "(the whole file)"
            yield from ((cited, name) for cited in ID.findall(token.string))


def collect(tests: Path) -> dict[str, list[str]]:
    """Each cited id, with its tests as `file: name`."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        for cited, name in citations(path.read_text(encoding="utf-8")):
            where = f"{path.relative_to(tests).as_posix()}: {name}"
            found.setdefault(cited, [])
            if where not in found[cited]:
                found[cited].append(where)
    return found


def page(requirements_text: str, found: Mapping[str, list[str]]) -> str:
    """The text of docs/coverage.md."""
    titles, requirements = read_requirements(requirements_text)
    unknown = sorted(found.keys() - {requirement.name for requirement in requirements})
    if unknown:
        places = "; ".join(f"{name} in {found[name][0]}" for name in unknown)
        raise SystemExit(f"docs/requirements.md has no such id: {places}")
    sections = [
        _section(f"{source} {title}", [r for r in requirements if r.source == source], found)
        for source, title in titles.items()
    ]
    return "\n".join([HEAD, _totals(titles, requirements, found), *sections])


def _totals(
    titles: Mapping[str, str], requirements: list[Requirement], found: Mapping[str, list[str]]
) -> str:
    rows = ["| source | covered | open | all |", "|---|---:|---:|---:|"]
    for source in [*titles, "all"]:
        names = [r.name for r in requirements if source in (r.source, "all")]
        covered = sum(name in found for name in names)
        rows.append(f"| {source} | {covered} | {len(names) - covered} | {len(names)} |")
    return "\n".join([*rows, ""])


def _section(title: str, requirements: list[Requirement], found: Mapping[str, list[str]]) -> str:
    rows = [f"## {title}", "", "| id | capability | status | tests |", "|---|---|---|---|"]
    for requirement in requirements:
        tests = "<br>".join(f"`{test}`" for test in found.get(requirement.name, []))
        status = "covered" if tests else "open"
        rows.append(f"| {requirement.name} | {_shorten(requirement.text)} | {status} | {tests} |")
    return "\n".join([*rows, ""])


def _shorten(text: str) -> str:
    """The capability up to a word's end, for a table."""
    cut = text if len(text) <= SHORT else text[:SHORT].rsplit(" ", 1)[0].rstrip(",:;") + " ..."
    return cut.replace("|", "\\|")


def main(arguments: list[str]) -> int:
    requirements = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
    made = page(requirements, collect(ROOT / "tests"))
    path = ROOT / "docs" / "coverage.md"
    if arguments != ["--check"]:
        path.write_text(made, encoding="utf-8")
        return 0
    if path.exists() and path.read_text(encoding="utf-8") == made:
        return 0
    print("docs/coverage.md is out of date: run 'make coverage'", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
