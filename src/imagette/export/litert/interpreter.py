"""Runs a `.tflite` file's bytes in LiteRT's own interpreter, on the processor."""

from collections.abc import Collection
from typing import Any

import numpy as np

from imagette.arrays import Images, Logits
from imagette.errors import ExportError
from imagette.export.format import Run
from imagette.plain import short
from imagette.silence import silenced

Range = tuple[float, float]
"""The least and the greatest value of a tensor."""


def runner(model: bytes) -> Run:
    """The file as a function, on the processor; ExportError if LiteRT does not load it."""
    interpreter = _interpreter(model)
    output = interpreter.get_output_details()[0]["index"]

    def run(images: Images) -> Logits:
        _invoke(interpreter, images)
        logits: Logits = interpreter.get_tensor(output)
        return logits

    return run


def ranges_of(
    model: bytes, numbers: Collection[int], images: Images, batch: int = 32
) -> dict[int, Range]:
    """The least and the greatest value, over the images, of the tensors of these numbers."""
    interpreter = _interpreter(model, every_tensor=True)
    found = dict.fromkeys(numbers, (np.inf, -np.inf))
    for first in range(0, len(images), batch):
        _invoke(interpreter, images[first : first + batch])
        for number, (low, high) in found.items():
            values = interpreter.get_tensor(number)
            found[number] = min(low, float(values.min())), max(high, float(values.max()))
    return found


def _interpreter(model: bytes, every_tensor: bool = False) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # Other kernels than the plain ones keep what lies between their operators to themselves.
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        with silenced():
            interpreter = Interpreter(
                model_content=model,
                experimental_op_resolver_type=plain if every_tensor else OpResolverType.AUTO,
                experimental_preserve_all_tensors=every_tensor,
            )
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ExportError(
            f"LiteRT does not load the file: {short(error)}. Install a newer ai-edge-litert."
        ) from error
    return interpreter


def _invoke(interpreter: Any, images: Images) -> None:
    entry = interpreter.get_input_details()[0]
    try:
        if tuple(entry["shape"]) != images.shape:
            with silenced():
                interpreter.resize_tensor_input(entry["index"], images.shape)
                interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], images)
        interpreter.invoke()
    except (ValueError, RuntimeError) as error:
        raise ExportError(
            f"LiteRT does not run the file at batch {len(images)}: {short(error)}. "
            "Install a newer ai-edge-litert."
        ) from error
