"""Processes that try inputs one after another; one that dies or hangs is told of and replaced."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path

from benchmarks.fuzz.files import Files, read_files
from benchmarks.fuzz.guard import WALL_SECONDS, Guard, limit_memory
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.trial import Came, try_input

PLACE = "fuzzed-files"
"""The folder of an input, a name that no message has by chance."""

PATIENCE = WALL_SECONDS + 30
"""Seconds without a word after which a process is taken to hang, deaf to its alarm."""


@dataclass(frozen=True)
class Result:
    """What came of input `number` of a kind."""

    number: int
    came: Came


def tried(kind: str, numbers: Sequence[int], seed: int) -> Iterator[Result]:
    """Try these inputs of a kind, in a process or, where one dies, several."""
    context = get_context("spawn")
    left = list(numbers)
    while left:
        process, pipe = _started(context, kind, left, seed)
        while left and pipe.poll(PATIENCE):
            try:
                result: Result = pipe.recv()
            except EOFError:
                break
            left.remove(result.number)
            yield result
        hangs = process.is_alive()
        process.kill()
        process.join()
        if left:
            word = "hang" if hangs and left else "died"
            yield Result(left[0], Came(word, f"exit code {process.exitcode}"))
            del left[0]


def _started(
    context: SpawnContext, kind: str, numbers: Sequence[int], seed: int
) -> tuple[SpawnProcess, Connection]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, kind, tuple(numbers), seed), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _work(pipe: Connection, name: str, numbers: Sequence[int], seed: int) -> None:
    """A process' life."""
    sys.dont_write_bytecode = True
    from benchmarks.fuzz.kinds import KINDS

    kind = KINDS[name]
    with tempfile.TemporaryDirectory(prefix="imagette-fuzz-", dir=_fast()) as made:
        root = Path(made)
        for place in ("CACHE", "STATE", "DATA"):
            (root / place).mkdir()
            os.environ[f"IMAGETTE_{place}"] = str(root / place)
        os.chdir(root)
        good, guard = made_good(kind, root), Guard(root)
        try_input(kind, good, root / PLACE, guard)  # imports what reading imports
        limit_memory()
        for number in numbers:
            try:
                came = try_input(kind, kind.input(good, seed, number), root / PLACE, guard)
            except BaseException:  # of our own making
                came = Came("the fuzzer itself", traceback.format_exc(limit=-4))
            pipe.send(Result(number, came))


def made_good(kind: Kind, root: Path) -> Files:
    """The good files of a kind. They are made where inputs will lie, for some hold their path."""
    folder = root / PLACE
    folder.mkdir()
    kind.make(folder)
    return read_files(folder)


def _fast() -> str | None:
    """Memory, where the system has a folder for it: nothing here must survive."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
