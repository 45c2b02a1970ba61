"""A torch module of one's own as an ONNX file, by torch's own exporter."""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from imagette.errors import ExportError, MissingExtra
from imagette.export.format import INPUT, OUTPUT
from imagette.export.onnx.quiet import quiet
from imagette.network.graph import Shape
from imagette.plain import short


def bytes_from_torch(module: Any, input_shape: Shape, opset: int | None) -> bytes:
    """One file of any batch, from a `torch.nn.Module` of images uint8 [N,H,W,C].

    Raises MissingExtra without onnxscript. Raises ExportError, in one line, for what torch cannot
    export, such as a size of the batch that the module's code has written into it.
    """
    if find_spec("onnxscript") is None:
        raise MissingExtra("onnxscript (--to onnx of a torch module)", "onnx")
    import torch

    channels, height, width = input_shape
    images = torch.zeros(2, height, width, channels, dtype=torch.uint8)
    with TemporaryDirectory(prefix="imagette-onnx-") as folder, quiet():
        path = Path(folder) / "model.onnx"
        try:
            torch.onnx.export(
                module,
                (images,),
                path,
                dynamo=True,
                external_data=False,  # else the weights lie in a second file
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("N")},),
                opset_version=opset,
                verbose=False,
            )
        except Exception as error:  # whatever the module's code and torch make of each other
            raise ExportError(
                f"torch {torch.__version__} cannot export the module: {short(_cause(error))}"
            ) from error
        return path.read_bytes()


def _cause(error: BaseException) -> BaseException:
    """What torch wraps: its own text is a page of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
