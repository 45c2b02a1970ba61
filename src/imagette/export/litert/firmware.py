"""A file as a C array for firmware, and the lines by which a microcontroller's program takes it."""

from collections.abc import Sequence
from typing import Any

LARGEST = 1 << 20
"""Bytes of a file that is written as C: few microcontrollers take more, and text is sixfold."""

_PER_LINE = 16
# What `MicroMutableOpResolver` calls an operator, where its words in one are not the rule.
# https://github.com/tensorflow/tflite-micro/blob/main/tensorflow/lite/micro/micro_mutable_op_resolver.h
_NAMES = {"PADV2": "PadV2", "BATCH_MATMUL": "BatchMatMul"}


def resolver_lines(operators: Sequence[dict[str, Any]]) -> list[str]:
    """Registers each operator once, in LiteRT for Microcontrollers.

    >>> resolver_lines([{"name": "MAX_POOL_2D"}, {"name": "ADD"}])[1:]
    ['resolver.AddMaxPool2D();', 'resolver.AddAdd();']
    """
    kinds = list(dict.fromkeys(one["name"] for one in operators))
    first = f"tflite::MicroMutableOpResolver<{len(kinds)}> resolver;"
    return [first, *(f"resolver.Add{_method(kind)}();" for kind in kinds)]


def _method(kind: str) -> str:
    words = "".join(word if word == "2D" else word.capitalize() for word in kind.split("_"))
    return _NAMES.get(kind, words)


def header(name: str, data: bytes, operators: Sequence[dict[str, Any]], arena_bytes: int) -> str:
    """A header for C11 and C++11: the file's bytes, aligned as its reader wants them.

    `name` is the file's, "model.int8.tflite"; its array is then called `model_int8`.
    """
    array = name.removesuffix(".tflite").replace(".", "_").replace("-", "_")
    starts = range(0, len(data), _PER_LINE)
    rows = [", ".join(f"0x{byte:02x}" for byte in data[at : at + _PER_LINE]) for at in starts]
    lines = [
        f"// {name}: {len(data):,} bytes. Its tensors take {arena_bytes:,} bytes of the arena;",
        "// a runtime keeps some hundred bytes more for each operator.",
        "//",
        *(f"// {line}" for line in resolver_lines(operators)),
        "#pragma once",
        "",
        "#ifdef __cplusplus",
        "alignas(16)",
        "#else",
        "_Alignas(16)",
        "#endif",
        f"static const unsigned char {array}[{len(data)}] = {{",
        *(f"  {row}," for row in rows),
        "};",
    ]
    return "\n".join(lines) + "\n"
