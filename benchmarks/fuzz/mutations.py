"""Changes of bytes that know nothing of their format, and one of JSON that knows its tree.

Each takes a generator of random numbers and returns new bytes; equal seeds give equal bytes.
"""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

Mutation = Callable[[Random, bytes], bytes]

EXTREMES = (
    0,
    1,
    2**7,
    2**8 - 1,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    10**12,
    2**63,
    2**64,
)
DIGITS = re.compile(rb"\d+")

WORDS = (
    b"", b"\0", b"\n", b"\r", b"\r\n", b"\xff", b"\xc3\x28", "\u202e\u200b\ufeff".encode(),
    b"\x1b[2J", b"null", b"NaN", b"-Infinity", b"1e999", b"-1", b"10000000000000", b"9" * 5000,
    b"../" * 9, b"/etc/passwd",
    b"[" * 20_000, b'{"a":' * 20_000, b"{" * 3000, b"residual { " * 500, b"=", b'"',
    b"%s%n", b"__import__('os')", b"[red]", b"{{7*7}}", b"<script>", b"x" * 100_000,
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**12, 10**30, -(2**63), 0.5, 1e308, float("nan"), float("inf"),
    "", "x", "classes", "../../../etc/passwd", "\x1b[2J", "a\nb", "\ud800", "é" * 300, "9" * 5000,
    [], {}, [[]], [1, "a", None], {"name": "x"}, {"name": {"name": []}}, {"python": "os:system"},
)  # fmt: skip


def mutated(rng: Random, data: bytes) -> bytes:
    """One to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(MUTATIONS)(rng, data)
    return data


def flipped(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8)) if data else 0):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def near_the_start(rng: Random, data: bytes) -> bytes:
    """Headers are there."""
    head, rest = data[:64], data[64:]
    return flipped(rng, head) + rest


def truncated(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def extended(rng: Random, data: bytes) -> bytes:
    return data + rng.choice((rng.randbytes(rng.randrange(1, 300)), b"\0" * 100, data, data[:50]))


def removed(rng: Random, data: bytes) -> bytes:
    begin, end = _span(rng, data)
    return data[:begin] + data[end:]


def repeated(rng: Random, data: bytes) -> bytes:
    begin, end = _span(rng, data)
    return data[:end] + data[begin:end] * rng.choice((1, 2, 50)) + data[end:]


def spliced(rng: Random, data: bytes) -> bytes:
    """A piece of itself elsewhere."""
    begin, end = _span(rng, data)
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[begin:end] + data[at + end - begin :]


def field(rng: Random, data: bytes) -> bytes:
    """A number where a length may be, of either byte order."""
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    number = rng.choice(EXTREMES) % 2 ** (8 * size)
    at = rng.randrange(min(len(data), rng.choice((16, 256, len(data) or 1))) + 1)
    return data[:at] + number.to_bytes(size, order) + data[at + size :]  # type: ignore[arg-type]


def written_number(rng: Random, data: bytes) -> bytes:
    """Another number in the place of one written in digits."""
    found = list(DIGITS.finditer(data))
    if not found:
        return flipped(rng, data)
    at = rng.choice(found)
    number = rng.choice((*EXTREMES, rng.randrange(100), -1))
    return data[: at.start()] + str(number).encode() + data[at.end() :]


def word(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(WORDS) + data[at + rng.choice((0, 1, 5)) :]


def line(rng: Random, data: bytes) -> bytes:
    """A line left out, told twice, or in another place."""
    lines = data.split(b"\n")
    moved = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.choice((0, 1, 2))):
        lines.insert(rng.randrange(len(lines) + 1), moved)
    return b"\n".join(lines)


def json_tree(rng: Random, data: bytes) -> bytes:
    """A value of a JSON text, or of one line of several, changed, left out or renamed."""
    lines = data.splitlines() if data.startswith(b'{"') and data.count(b"\n{") else [data]
    at = rng.randrange(len(lines)) if lines else 0
    try:
        tree = json.loads(lines[at])
    except (ValueError, RecursionError, IndexError):
        return flipped(rng, data)
    _change(rng, tree)
    lines[at] = json.dumps(tree).encode()
    return b"\n".join(lines) + b"\n"


def _change(rng: Random, tree: Any) -> None:
    place = tree
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = rng.choice(keys)
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.3:
            break
        place = inner
    choice = rng.random()
    if choice < 0.6:
        place[key] = rng.choice(VALUES)
    elif choice < 0.75:
        del place[key]
    elif choice < 0.9 and isinstance(place, dict):
        place[str(rng.choice(VALUES))] = place.pop(key)
    else:
        place[key] = _deep(inner, rng.choice((3, 40, 500)))


def _deep(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def _span(rng: Random, data: bytes) -> tuple[int, int]:
    begin = rng.randrange(len(data) + 1)
    return begin, min(len(data), begin + rng.choice((1, 4, 30, 1000)))


MUTATIONS: tuple[Mutation, ...] = (
    flipped, near_the_start, truncated, extended, removed, repeated, spliced, field, written_number,
    word, line,
)  # fmt: skip
