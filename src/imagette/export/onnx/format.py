"""ONNX: one file, written from the graph."""

from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import Format, ModelFile, Options, Precision, Written
from imagette.export.handed import predict_script
from imagette.export.onnx.int8 import int8_bytes
from imagette.export.onnx.model import checked_opset, onnx_bytes
from imagette.export.onnx.runtime import runner, signature
from imagette.export.trained import Trained

FILE, INT8_FILE = "model.onnx", "model.int8.onnx"
BATCHES = (1, 2, 7, 64)
"""At which the file is compared: 2 and 7 show that no size of a batch was written into it."""


def write(trained: Trained, examples: Examples, options: Options) -> Written:
    """`model.onnx` from the graph and its weights, whatever engine trained them.

    With `options.int8` a second file, `model.int8.onnx`, calibrated on training images.
    """
    if trained.is_foreign:
        raise ExportError(
            f"{trained.title} is other code, which is not written to ONNX: write its network in "
            "the network language."
        )
    opset = checked_opset(options.opset)
    data = onnx_bytes(trained.graph, trained.weights, trained.preprocess, opset)
    models = [model_file(FILE, data, opset)]
    if options.int8:
        models.append(_int8_file(data, examples, opset))
    return Written(tuple(models), {"predict.py": predict_script()}, ("onnx", "onnxruntime"))


def model_file(
    name: str, data: bytes, opset: int, precision: Precision = "float32", **facts: str
) -> ModelFile:
    """An ONNX file as onnxruntime reads and runs it."""
    inputs, outputs = signature(data)
    return ModelFile(
        name=name,
        data=data,
        run=runner(data),
        inputs=inputs,
        outputs=outputs,
        precision=precision,
        batches=BATCHES,
        facts={"opset": opset, **facts},
    )


def _int8_file(data: bytes, examples: Examples, opset: int) -> ModelFile:
    made = int8_bytes(data, examples.calibration)
    calibration = f"{len(examples.calibration):,} training images, least and largest value"
    return model_file(INT8_FILE, made, opset, "int8", calibration=calibration)


ONNX = Format(
    name="onnx",
    what="one ONNX file, for onnxruntime",
    write=write,
    needs={"onnx": "onnx", "onnxruntime": "onnxruntime"},
    extra="onnx",
    has_int8=True,
)
