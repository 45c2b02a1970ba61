"""Exports to LiteRT in the runtime of microcontrollers: the arena they need, what they compute.

Of each run, the float32 and the int8 file: the bytes of the tensors as the certificate states them,
the smallest arena that worked on this machine, the largest difference of a logit from LiteRT, and
the images whose class is another. Needs the package tflite-micro beside imagette[litert].

    python benchmarks/microcontroller.py runs/cnn_mnist runs/resnet8_cifar
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np

from imagette.export.format import ModelFile, Options
from imagette.export.litert.format import write
from imagette.run.export import examples_of, trained_of
from imagette.run.ready import ready

MOST = 2**24  # bytes of an arena
STEP = 64


@contextmanager
def quietly() -> Iterator[None]:
    """The runtime writes why an arena is too small for every one that is tried."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def opened(data: bytes, arena: int):
    runtime = import_module("tflite_micro.python.tflite_micro.runtime")
    return runtime.Interpreter.from_bytes(data, arena_size=arena)


def fits(data: bytes, arena: int) -> bool:
    try:
        opened(data, arena)
    except RuntimeError:
        return False
    return True


def smallest_arena(data: bytes) -> int | None:
    """None if none is large enough, or an operator is missing."""
    low, high = 0, MOST
    if not fits(data, high):
        return None
    while high - low > STEP:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(data, middle) else (middle, high)
    return high


def row(model: ModelFile, images: np.ndarray) -> str:
    with quietly():
        arena = smallest_arena(model.data)
    stated = f"{model.name:18} {len(model.data):>9,} {model.facts['arena_bytes']:>9,}"
    if arena is None:
        return f"{stated}   does not run there"
    interpreter, found = opened(model.data, arena), []
    for image in images:
        interpreter.set_input(image[np.newaxis], 0)
        interpreter.invoke()
        found.append(interpreter.get_output(0)[0].copy())
    logits, expected = np.array(found), model.run(images)
    off, other = np.abs(logits - expected).max(), (logits.argmax(1) != expected.argmax(1)).sum()
    return f"{stated} {arena:>9,} {off:>10.2g} {other:>6} of {len(images)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--images", type=int, default=100)
    given = parser.parse_args()
    print(f"{'':18} {'bytes':>9} {'tensors':>9} {'arena':>9} {'off by':>10} {'class':>6}")
    for run in given.runs:
        open_run = ready(run)
        examples, trained = examples_of(open_run, None), trained_of(open_run)
        print(trained.title)
        for model in write(trained, examples, Options(int8=True)).models:
            print(row(model, examples.images[: given.images]), flush=True)


if __name__ == "__main__":
    main()
