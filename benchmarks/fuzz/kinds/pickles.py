"""Pickles that ask for code, for memory or for time, written opcode by opcode."""

import pickle
import struct
from random import Random

from benchmarks.fuzz.files import Files
from benchmarks.fuzz.mutations import EXTREMES

PROTO, STOP = b"\x80\x02", b"."


def _calls(module: str, name: str, argument: str) -> bytes:
    text = argument.encode()
    return (
        b"c"
        + f"{module}\n{name}\n".encode()
        + b"X"
        + struct.pack("<I", len(text))
        + text
        + b"\x85R"
    )


CODE = (
    _calls("os", "system", "true"),
    _calls("builtins", "eval", "__import__('os').system('true')"),
    _calls("builtins", "exec", "raise SystemExit"),
    _calls("numpy", "load", "/etc/passwd"),
    _calls("numpy.core.multiarray", "_reconstruct", "x"),
    _calls("numpy", "dtype", "O8"),
    _calls("numpy", "ndarray", "9"),
    b"cposix\nsystem\nX\x04\0\0\0true\x85R",
    b"(X\x04\0\0\0trueios\nsystem\n",
    b"\x8c\x02os\x8c\x06system\x93X\x04\0\0\0true\x85R",
    b"Pnobody\n",
    b"\x82\x01",
)

MEMORY = (
    b"]r\xff\xff\xff\x7f",  # a memo of 2^31 places
    b"]p999999999999\n",
    b"\x8e" + struct.pack("<Q", 10**12) + b"x",
    b"\x8d" + struct.pack("<Q", 10**12) + b"x",
    b"\x96" + struct.pack("<Q", 10**12) + b"x",
    b"\x8b" + struct.pack("<i", 2**31 - 1),
    b"\x95" + struct.pack("<Q", 10**12) + b"]",
    b"I" + b"9" * 5000 + b"\n",
    b"L" + b"9" * 100_000 + b"L\n",
    b"G" + struct.pack(">d", float("nan")),
)

TIME = (
    b")" + b"2\x86" * 60,  # a tuple of itself sixty times: 2^60 parts
    b"}" + b")" + b"2\x86" * 60 + b"K\1s",  # and hashed
    b"(" * 200_000,
    b"]" * 200_000 + b"a" * 199_999,
    b"2" * 100_000,
    b"]" + b"q\0h\0a" * 1000,  # a list within itself
)


def hostile(rng: Random) -> bytes:
    pieces = [rng.choice(rng.choice((CODE, MEMORY, TIME))) for _ in range(rng.choice((1, 1, 2)))]
    return PROTO + b"".join(pieces) + STOP


def _values(rng: Random) -> bytes:
    """A batch in good order, but for the values in it."""
    odd = (
        None,
        [],
        [True] * 6,
        [-1] * 6,
        ["0"] * 6,
        [10] * 6,
        list(range(10**4)),
        {},
        b"\0" * 6,
        6,
        "é",
    )
    batch = {b"data": rng.choice((b"\0" * 18432, [0] * 6, None)), b"labels": rng.choice(odd)}
    return pickle.dumps(batch, protocol=rng.choice((0, 2, 4, 5)))


def _within(rng: Random, good: bytes) -> bytes:
    """Something hostile in the middle of a good pickle."""
    at = rng.randrange(2, len(good))
    return good[:at] + rng.choice((*CODE, *MEMORY)) + good[at:]


def _of_numpy(rng: Random) -> bytes:
    """The state of an array, not as NumPy writes it."""
    number = rng.choice(EXTREMES)
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\1btR("
    shape = b"K\1" + b"\x8a\x09" + number.to_bytes(9, "little") + b"K\x06\x86"
    kind = b"cnumpy\ndtype\n(U\2" + rng.choice((b"u1", b"O8", b"V0")) + b"K\0K\1tR"
    return PROTO + b"}U\4data" + head + shape + kind + b"\x89U\6abcdeftbs" + STOP


def spoilt(rng: Random, files: Files) -> Files:
    good = files["batch"]
    assert isinstance(good, bytes)
    how = rng.randrange(4)
    made = (hostile, _values, lambda r: _within(r, good), _of_numpy)[how](rng)
    return {"batch": made}
