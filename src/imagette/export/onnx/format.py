"""ONNX: one file, written from the graph."""

from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import Format, ModelFile, Options, Written
from imagette.export.handed import predict_script
from imagette.export.onnx.model import checked_opset, onnx_bytes
from imagette.export.onnx.runtime import runner, signature
from imagette.export.trained import Trained

FILE = "model.onnx"
BATCHES = (1, 2, 7, 64)
"""At which the file is compared: 2 and 7 show that no size of a batch was written into it."""


def write(trained: Trained, examples: Examples, options: Options) -> Written:
    """`model.onnx` from the graph and its weights, whatever engine trained them."""
    del examples
    if trained.is_foreign:
        raise ExportError(
            f"{trained.title} is other code, which is not written to ONNX: write its network in "
            "the network language."
        )
    data = onnx_bytes(trained.graph, trained.weights, trained.preprocess, options.opset)
    inputs, outputs = signature(data)
    model = ModelFile(
        name=FILE,
        data=data,
        run=runner(data),
        inputs=inputs,
        outputs=outputs,
        batches=BATCHES,
        facts={"opset": checked_opset(options.opset)},
    )
    return Written((model,), {"predict.py": predict_script()}, ("onnx", "onnxruntime"))


ONNX = Format(
    name="onnx",
    what="one ONNX file, for onnxruntime",
    write=write,
    needs={"onnx": "onnx", "onnxruntime": "onnxruntime"},
    extra="onnx",
    has_int8=True,
)
