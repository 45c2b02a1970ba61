"""Lines as ruff would lay them out, without ruff."""

import re
from collections.abc import Iterable, Sequence
from textwrap import indent as indented

WIDTH = 88
LONGEST_CALL = 60
"""Characters of calls around each other on one line, beyond which a new one begins."""

INDENT = "    "
_PAIRS = {")": "(", "]": "[", "}": "{"}
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


def joined(sections: Iterable[str]) -> str:
    """Definitions of a module, two empty lines between them."""
    return "\n\n\n".join(section.strip("\n") for section in sections if section) + "\n"


def block(lines: Sequence[str], depth: int = 1) -> str:
    """Lines of a body, each wrapped where it is too long."""
    return "\n".join(wrapped(line, depth) for line in lines)


def wrapped(line: str, depth: int = 0) -> str:
    """The line at its depth; if too long, what stands in its last brackets goes onto further lines.

    A comment at its end then goes onto a line before it. Several lines stay as they are.
    """
    if "\n" in line:
        return indented(line, INDENT * depth)
    depth += (len(line) - len(line.lstrip())) // len(INDENT)
    line, margin = line.lstrip(), INDENT * depth
    if len(margin + line) <= WIDTH or not line:
        return margin + line if line else ""
    mark = _masked(line).rfind("  # ")
    if mark >= 0:
        return f"{margin}{line[mark + 2 :]}\n{wrapped(line[:mark], depth)}"
    opened = _opening(line)
    if opened is None:
        return margin + line
    head, inner, tail = line[: opened + 1], line[opened + 1 : -1], line[-1]
    deeper, comprehension = margin + INDENT, len(_split(inner, " for ")) > 1
    is_call = opened > 0 and (line[opened - 1].isalnum() or line[opened - 1] in "_)]")
    if len(deeper + inner) <= WIDTH and (is_call or comprehension):
        return f"{margin}{head}\n{deeper}{inner}\n{margin}{tail}"
    if comprehension:
        parts = "\n".join(wrapped(part, depth + 1) for part in _split(inner, " for "))
    else:
        parts = "\n".join(f"{wrapped(part, depth + 1)}," for part in _split(inner, ","))
    return f"{margin}{head}\n{parts}\n{margin}{tail}"


def listed(name: str, items: Sequence[str], brackets: str = "[]") -> str:
    """`name = [a, b]`, one a line if it is too long for one."""
    return wrapped(f"{name} = {brackets[0]}{', '.join(items)}{brackets[1]}")


def signature(name: str, words: list[str], gives: str) -> str:
    """The first line of a function, or the first lines where it is too long for one."""
    line = f"def {name}({', '.join(words)}) -> {gives}:"
    if len(line) <= WIDTH:
        return line
    inner = "    " + ", ".join(words)
    if len(inner) <= WIDTH:
        return f"def {name}(\n{inner}\n) -> {gives}:"
    return f"def {name}(\n" + "".join(f"    {word},\n" for word in words) + f") -> {gives}:"


def _opening(line: str) -> int | None:
    """Where the bracket that the line ends with was opened."""
    if line[-1] not in _PAIRS:
        return None
    depth = 0
    for place, sign in reversed(list(enumerate(_masked(line)))):
        if sign in _PAIRS:
            depth += 1
        elif sign in _PAIRS.values():
            depth -= 1
            if depth == 0:
                return place
    return None


def _masked(line: str) -> str:
    """As long as the line, without what its strings hold: brackets and commas of a user's names."""
    return _STRING.sub(lambda found: "_" * len(found[0]), line)


def _split(inner: str, mark: str) -> list[str]:
    """The parts around a mark that stands in no brackets and no quotes.

    A comma is dropped, a word begins what follows it.
    """
    parts, depth, start, masked = [], 0, 0, _masked(inner)
    for place, sign in enumerate(masked):
        if sign in _PAIRS.values():
            depth += 1
        elif sign in _PAIRS:
            depth -= 1
        elif depth == 0 and masked.startswith(mark, place):
            parts.append(inner[start:place].strip())
            start = place + (1 if mark == "," else 0)
    last = inner[start:].strip()
    return [*parts, last] if last else parts
