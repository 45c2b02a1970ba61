"""ONNX: one file, written from the graph."""

from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import Format, ModelFile, Options, Precision, Written
from imagette.export.handed import predict_script
from imagette.export.onnx.from_jax import bytes_from_jax
from imagette.export.onnx.from_torch import bytes_from_torch
from imagette.export.onnx.int8 import int8_bytes
from imagette.export.onnx.model import checked_opset, onnx_bytes, opset_of
from imagette.export.onnx.runtime import open_session, runner, signature
from imagette.export.trained import Trained
from imagette.plain import short

FILE, INT8_FILE = "model.onnx", "model.int8.onnx"
PACKAGES = ("onnx", "onnxruntime")
FOREIGN = {"torch": ("onnxscript",), "jax": ("jax2onnx",)}
"""What else writes networks of other code, by engine."""

BATCHES = (1, 2, 7, 64)
"""At which the file is compared: 2 and 7 show that no size of a batch was written into it."""


def write(trained: Trained, examples: Examples, options: Options) -> Written:
    """`model.onnx` from the graph and its weights, whatever engine trained them.

    With `options.int8` a second file, `model.int8.onnx`, calibrated on training images.
    """
    data = _data(trained, options.opset)
    models = [model_file(FILE, data)]
    if options.int8:
        models.append(_int8_file(data, examples))
    packages = (*PACKAGES, *(FOREIGN[trained.engine] if trained.is_foreign else ()))
    return Written(tuple(models), {"predict.py": predict_script()}, packages)


def _data(trained: Trained, opset: int | None) -> bytes:
    if trained.function is None:
        return onnx_bytes(trained.graph, trained.weights, trained.preprocess, opset)
    chosen = None if opset is None else checked_opset(opset)
    write_own = bytes_from_torch if trained.engine == "torch" else bytes_from_jax
    data = write_own(trained.function, trained.input_shape, chosen)
    if chosen not in (None, opset_of(data)):
        raise ExportError(
            f"The exporter wrote opset {opset_of(data)} in place of {chosen}: leave --opset out."
        )
    _refuse_unsound(data)
    return data


def _refuse_unsound(data: bytes) -> None:
    """Raises ExportError for a file that onnx's full check does not accept."""
    import onnx

    try:
        onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    except Exception as error:  # of the checker, or of the inference of shapes
        raise ExportError(f"onnx does not accept what was exported: {short(error)}") from error


def model_file(name: str, data: bytes, precision: Precision = "float32", **facts: str) -> ModelFile:
    """An ONNX file as onnxruntime reads and runs it."""
    session = open_session(data)
    inputs, outputs = signature(session)
    return ModelFile(
        name=name,
        data=data,
        run=runner(session),
        inputs=inputs,
        outputs=outputs,
        precision=precision,
        batches=BATCHES,
        facts={"opset": opset_of(data), **facts},
    )


def _int8_file(data: bytes, examples: Examples) -> ModelFile:
    made = int8_bytes(data, examples.calibration)
    return model_file(INT8_FILE, made, "int8", calibration=examples.calibration_words)


ONNX = Format(
    name="onnx",
    what="one ONNX file, for onnxruntime",
    write=write,
    needs={"onnx": "onnx", "onnxruntime": "onnxruntime"},
    extra="onnx",
    has_int8=True,
    has_opset=True,
)
