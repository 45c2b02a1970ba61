"""An exported file in a process of its own, where there is no imagette to import."""

import os
import re
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Timer
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Logits
from imagette.errors import ExportError
from imagette.export.source.head import FILE, WEIGHTS
from imagette.plain import short

# What goes through the pipes: the length in 8 bytes, then an array as NumPy saves it.
_PROGRAM = """
import importlib.abc, importlib.util, io, os, sys
import numpy as np

class Nowhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2].split(","):
            raise ImportError(f"{name} must not be asked for")

sys.meta_path.insert(0, Nowhere())
given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
sys.stdout = sys.stderr
spec = importlib.util.spec_from_file_location("network", sys.argv[1])
network = importlib.util.module_from_spec(spec)
spec.loader.exec_module(network)
weights = network.load_weights()
while length := given.read(8):
    images = np.load(io.BytesIO(given.read(int.from_bytes(length, "little"))))
    made = io.BytesIO()
    np.save(made, np.asarray(network.predict(weights, images)))
    answers.write(len(made.getvalue()).to_bytes(8, "little") + made.getvalue())
    answers.flush()
"""


_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")
"""How the line of a traceback begins that says what happened; JAX adds lines after it."""


LIMIT_SECONDS = 300.0
"""For one batch, and for what is imported and compiled before the first."""


class Worker:
    """Runs `predict` of an exported file; it ends when nobody holds it any more.

    A batch that takes longer than `limit` seconds ends it.
    """

    def __init__(
        self, files: Mapping[str, bytes], refused: Sequence[str], limit: float = LIMIT_SECONDS
    ) -> None:
        self._limit = limit
        self._folder = TemporaryDirectory(prefix="imagette-export-")
        root = Path(self._folder.name)
        for name in (FILE, WEIGHTS):
            (root / name).write_bytes(files[name])
        # Flags of XLA that our engine sets are not those of whoever is handed the file.
        environment = {key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
        self._said = (root / "said").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, str(root / FILE), ",".join(refused)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
        )
        self._end = weakref.finalize(self, _ended, self._process, self._said, self._folder)

    def __call__(self, images: Images) -> Logits:
        """Outputs for images uint8 [N,H,W,C]; ExportError with what the file said if it failed."""
        given, answers = self._process.stdin, self._process.stdout
        assert given is not None, "it was opened as a pipe"
        assert answers is not None, "it was opened as a pipe"
        late = Event()
        timer = Timer(self._limit, _end_late, (self._process, late))
        timer.start()
        try:
            _send(given, images)
            return _received(answers)
        except (OSError, EOFError, ValueError) as error:
            self._process.wait()
            if late.is_set():
                raise ExportError(
                    f"The exported file gave no answer to a batch of {len(images)} within "
                    f"{self._limit:g} s: let nothing else run, or take a smaller network."
                ) from error
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            told = [line for line in lines if _ERROR.match(line)] or lines or [str(error)]
            raise ExportError(f"The exported file does not run: {short(told[-1])}") from error
        finally:
            timer.cancel()


def _end_late(process: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    process.kill()


def _send(pipe: IO[bytes], array: NDArray[Any]) -> None:
    made = BytesIO()
    np.save(made, array)
    data = made.getvalue()
    pipe.write(len(data).to_bytes(8, "little") + data)
    pipe.flush()


def _received(pipe: IO[bytes]) -> NDArray[np.float32]:
    length = pipe.read(8)
    if len(length) < 8:
        raise EOFError("it ended")
    array: NDArray[np.float32] = np.load(BytesIO(pipe.read(int.from_bytes(length, "little"))))
    return array


def _ended(
    process: subprocess.Popen[bytes], said: IO[bytes], folder: "TemporaryDirectory[str]"
) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, said):
        if pipe:
            pipe.close()
    folder.cleanup()
