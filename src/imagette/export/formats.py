"""The table of formats: a row for each, and nothing else to do to add one."""

from collections.abc import Mapping

from imagette.errors import UsageError, nearest
from imagette.export.format import Format
from imagette.export.litert.format import LITERT
from imagette.export.onnx.format import ONNX
from imagette.export.source.format import HAIKU, JAX, TORCH
from imagette.export.web.format import WEB

FORMATS: Mapping[str, Format] = {row.name: row for row in (ONNX, LITERT, WEB, TORCH, JAX, HAIKU)}


def format_of(name: str) -> Format:
    """The row of a format, in capitals or not; UsageError, with the nearest name, for no format.

    >>> format_of("ONNX").name
    'onnx'
    """
    name = name.lower()
    if "," in name:
        raise UsageError(f"--to names one format; give it once for each. Got {name!r:.60}.")
    if name not in FORMATS:
        raise UsageError(f"No format is called {name!r:.60}. {nearest(name[:60], FORMATS)}")
    return FORMATS[name]
