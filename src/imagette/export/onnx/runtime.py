"""An ONNX file in onnxruntime, and what it says of itself."""

import os
from typing import Any

import numpy as np

from imagette.arrays import Images, Logits
from imagette.errors import ExportError
from imagette.export.format import Run, Tensor
from imagette.plain import short

_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}


def runner(session: Any) -> Run:
    """An open file as a function; ExportError where onnxruntime cannot run it."""
    (given,), (made,) = session.get_inputs(), session.get_outputs()

    def run(images: Images) -> Logits:
        try:
            logits: Logits = np.asarray(session.run([made.name], {given.name: images})[0])
        except Exception as error:  # an operator it cannot run, or not at this batch
            raise ExportError(
                f"onnxruntime cannot run the file at batch {len(images)}: {short(error)}"
            ) from error
        return logits

    return run


def library() -> Any:
    """The module onnxruntime, told to report to nobody.

    onnxruntime 1.32 sends to its maker how it is used, and keeps an identifier in the home folder;
    it reads this when it is imported. Who wants it sets the variable to 0.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def open_session(data: bytes) -> Any:
    """The file on the processor; ExportError if onnxruntime does not load it."""
    onnxruntime = library()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised, and told by us
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no base
        raise ExportError(
            f"onnxruntime {onnxruntime.__version__} does not load the file: {short(error)}. "
            "Take another --opset, or a newer onnxruntime."
        ) from error


def signature(session: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs, as onnxruntime has read them from the file."""
    inputs, outputs = (
        tuple(Tensor(one.name, _DTYPES.get(one.type, one.type), tuple(one.shape)) for one in side)
        for side in (session.get_inputs(), session.get_outputs())
    )
    return inputs, outputs
