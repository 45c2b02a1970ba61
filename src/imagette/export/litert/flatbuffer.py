"""A program as the bytes of a `.tflite` file, by the schema that ai-edge-litert brings.

Source: the schema, https://ai.google.dev/edge/litert (schema.fbs, version 3), whose constants are
to lie on multiples of 16 bytes: the generated Python code does not see to that, so this does.
"""

from typing import Any

import numpy as np

from imagette.export.litert.program import Op, Option, Program, Tensor
from imagette.export.litert.versions import operator_version

_ALIGNMENT = 16
_SIGNATURE = "serving_default"

_OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "GELU": "GeluOptions",
    "LOG_SOFTMAX": "LogSoftmaxOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "PADV2": "PadV2Options",
    "QUANTIZE": "QuantizeOptions",
    "RESHAPE": "ReshapeOptions",
    "SOFTMAX": "SoftmaxOptions",
    "SUB": "SubOptions",
    "TRANSPOSE": "TransposeOptions",
}
"""The schema's table of options of each operator that has one."""

_ENUMS = {"padding": "Padding", "fusedActivationFunction": "ActivationFunctionType"}


def serialised(program: Program, description: str) -> bytes:
    """The file's bytes; `description` is what it says of itself."""
    from ai_edge_litert import schema_py_generated as s

    model = s.ModelT(version=3, description=description)
    keys = sorted({(op.kind, operator_version(op, program.tensors)) for op in program.ops})
    model.operatorCodes = [_code(s, *key) for key in keys]
    model.buffers = [s.BufferT()]
    tensors = [_tensor(s, model, tensor) for tensor in program.tensors]
    operators = [
        _operator(s, op, keys.index((op.kind, operator_version(op, program.tensors))))
        for op in program.ops
    ]
    ends = [program.input], [program.output]
    model.subgraphs = [s.SubGraphT(tensors, *ends, operators, "main")]
    model.signatureDefs = [_signature(s, program)]
    return _bytes(model)


def _bytes(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _code(s: Any, kind: str, version: int) -> Any:
    code = getattr(s.BuiltinOperator, kind)
    # Readers older than the wide codes look at the narrow field, which ends at 127.
    return s.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), version=version, builtinCode=code)


def _tensor(s: Any, model: Any, tensor: Tensor) -> Any:
    made = s.TensorT(shape=list(tensor.shape), name=tensor.name, hasRank=True)
    made.type = getattr(s.TensorType, tensor.dtype.upper())
    if tensor.data is None:
        made.shapeSignature = [-1, *tensor.shape[1:]]
    else:
        made.buffer = len(model.buffers)
        model.buffers.append(_buffer(s, tensor.data.tobytes()))
    if tensor.grid:
        scale = tensor.grid.scale.astype(np.float32)
        zeros = np.full(len(scale), tensor.grid.zero, np.int64)
        made.quantization = s.QuantizationParametersT(
            scale=scale, zeroPoint=zeros, quantizedDimension=tensor.grid.axis
        )
    return made


def _buffer(s: Any, content: bytes) -> Any:
    class Aligned(s.BufferT):  # type: ignore[misc]
        def Pack(self, builder: Any) -> Any:  # noqa: N802  # the schema's own name
            builder.StartVector(1, len(content), _ALIGNMENT)
            builder.head -= len(content)
            builder.Bytes[builder.head : builder.head + len(content)] = content
            data = builder.EndVector()
            s.BufferStart(builder)
            s.BufferAddData(builder, data)
            return s.BufferEnd(builder)

    return Aligned()


def _operator(s: Any, op: Op, code: int) -> Any:
    made = s.OperatorT(opcodeIndex=code, inputs=list(op.inputs), outputs=[op.output])
    name = _OPTIONS.get(op.kind)
    if name is None:
        return made
    made.builtinOptionsType = getattr(s.BuiltinOptions, name)
    made.builtinOptions = getattr(s, f"{name}T")()
    for word, value in op.options.items():
        setattr(made.builtinOptions, word, _value(s, word, value))
    return made


def _value(s: Any, word: str, value: Option) -> Option:
    """A word of the schema's own as its number."""
    if word not in _ENUMS:
        return value
    number: int = getattr(getattr(s, _ENUMS[word]), str(value))
    return number


def _signature(s: Any, program: Program) -> Any:
    """The names by which a program calls what goes in and what comes out."""
    ends = [
        [s.TensorMapT(name=program.tensors[number].name.encode(), tensorIndex=number)]
        for number in (program.input, program.output)
    ]
    return s.SignatureDefT(*ends, signatureKey=_SIGNATURE.encode())
