"""What a format is: one function from a trained run to files, and what that function needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from imagette.arrays import Images, Logits
from imagette.errors import MissingExtra
from imagette.export.about import About
from imagette.export.examples import Examples
from imagette.export.trained import Trained

Precision = Literal["float32", "int8"]

INPUT, OUTPUT = "image", "logits"
"""What every model file calls what it takes and gives."""

Run = Callable[[Images], Logits]
"""Images uint8 [N,H,W,C] to logits float32 [N,K]; N is at most the largest of `batches`."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of a model file; a size that is free has a name in place of a number."""

    name: str  # "image"
    dtype: str  # "uint8"
    shape: tuple[int | str, ...]  # ("N", 28, 28, 1)


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of any format; each looks at what it knows."""

    int8: bool = False
    opset: int | None = None  # of ONNX; None: the format's own choice
    about: About | None = None  # what a page says of the run: there for a format that `has_page`
    ort: Path | None = None  # a folder with onnxruntime-web's files; None: npm brings them
    unheard: tuple[str, ...] = ()  # what was asked that this format has not: for its notes


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A file that computes logits, and how it is run on this machine."""

    name: str  # "model.onnx"
    data: bytes
    run: Run
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    precision: Precision = "float32"
    batches: tuple[int, ...] = (1, 64)  # at which it is compared with the engine
    facts: Mapping[str, Any] = field(default_factory=dict)  # "opset", ...: for the certificate
    header: bytes = b""  # the same file as C for firmware, kept beside it as .h; none if empty
    latency: Mapping[int, float] | None = None  # ms by batch; None: `run` itself is timed
    about: str = (  # how pixels go in and figures come out, for people
        "Normalisation is inside: the file takes the pixels as they are, 0 to 255, in the order "
        "rows, columns, channels, and gives logits, before softmax."
    )


@dataclass(frozen=True, eq=False)
class Written:
    """What a format made: nothing is on the disk yet, and nothing is checked."""

    models: tuple[ModelFile, ...]  # the first is the one that the certificate is of
    files: Mapping[str, bytes]  # beside them: predict.py, ...
    packages: tuple[str, ...] = ()  # whose versions belong into the certificate
    notes: tuple[str, ...] = ()  # what the user should know


@dataclass(frozen=True, eq=False)
class Format:
    """A row of the table of formats.

    `write` raises ImagetteError, in one line, for what it cannot write. It imports what it needs
    when it is called: the table is read for every help and every refusal.
    """

    name: str  # "onnx", of --to and of the folder
    what: str  # in words
    write: Callable[[Trained, Examples, Options], Written]
    needs: Mapping[str, str] = field(default_factory=dict)  # module to library, as people call it
    extra: str = ""  # that brings them
    has_int8: bool = False
    has_opset: bool = False
    has_page: bool = False

    def refuse_absent(self) -> None:
        """Raises MissingExtra if a library that it needs is not installed."""
        for module, library in self.needs.items():
            if find_spec(module) is None:
                raise MissingExtra(f"{library} (--to {self.name})", self.extra)
