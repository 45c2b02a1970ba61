"""A graph and its weights as one ONNX file: from bytes of pixels to logits."""

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.errors import ExportError, UsageError
from imagette.export.format import INPUT, OUTPUT
from imagette.export.onnx.builder import Builder, Call
from imagette.export.onnx.layers import LOWERINGS
from imagette.network.graph import Graph, Node

OLDEST_OPSET, DEFAULT_OPSET = 13, 17
"""13 made Softmax what it is here; 17 is run by onnxruntime 1.12 (2022) and all later ones."""

_PIXELS = "/preprocess"  # which no path of a layer can be


def onnx_bytes(
    graph: Graph, weights: Weights, preprocess: Preprocess, opset: int | None = None
) -> bytes:
    """One file, without external data, that onnx's full check accepts.

    It takes `image` uint8 [N,H,W,C] and gives `logits` float32 [N,K], for any N. Raises UsageError
    for an opset that is too old or not known, ExportError naming the layers that have no form.
    """
    import onnx

    chosen = checked_opset(opset)
    _refuse_unknown(graph)
    builder = Builder(chosen)
    tensors = {0: _normalised(builder, preprocess)}
    for node in graph.nodes:
        tensors[node.output] = _lowered(node, tensors, weights, builder)
    builder.nodes.append(onnx.helper.make_node("Identity", [tensors[graph.last.output]], [OUTPUT]))
    model = _model(builder, graph)
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


def checked_opset(opset: int | None) -> int:
    """Raises UsageError for one outside of what is written here and what onnx knows."""
    import onnx

    newest = onnx.defs.onnx_opset_version()
    chosen = DEFAULT_OPSET if opset is None else opset
    if not OLDEST_OPSET <= chosen <= newest:
        raise UsageError(
            f"--opset must be from {OLDEST_OPSET} (older ones lack what layers need) to {newest} "
            f"(the newest that onnx {onnx.__version__} knows). Got {chosen}: leave it out for "
            f"{DEFAULT_OPSET}."
        )
    return chosen


def opset_of(data: bytes) -> int:
    """The opset of ONNX's own operators in a file."""
    import onnx

    model = onnx.load_from_string(data)
    return max(int(one.version) for one in model.opset_import if one.domain in ("", "ai.onnx"))


def _refuse_unknown(graph: Graph) -> None:
    unknown = [node for node in graph.nodes if type(node.layer) not in LOWERINGS]
    if unknown:
        named = ", ".join(f"{node.path} ({node.function})" for node in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ExportError(
            f"ONNX has no form here for {named}{more}: write the network in the network language, "
            "or add the layer's row in imagette/export/onnx/layers.py."
        )


def _normalised(builder: Builder, preprocess: Preprocess) -> str:
    """By the two numbers a channel that engines use, in the same order of roundings."""
    scale, offset = preprocess.factors
    floats = builder.op(_PIXELS, "Cast", INPUT, to=1)  # float32
    scaled = builder.op(_PIXELS, "Mul", floats, builder.array(f"{_PIXELS}.scale", scale))
    moved = builder.op(_PIXELS, "Sub", scaled, builder.array(f"{_PIXELS}.shift", -offset))
    return builder.op(_PIXELS, "Transpose", moved, perm=[0, 3, 1, 2])


def _lowered(node: Node, tensors: Mapping[int, str], weights: Weights, builder: Builder) -> str:
    own = {weight.name.rpartition(".")[2]: weights[weight.name] for weight in node.weights}
    inputs = tuple(tensors[number] for number in node.inputs)
    return LOWERINGS[type(node.layer)](node.layer, Call(node, inputs, own, builder))


def _model(builder: Builder, graph: Graph) -> Any:
    from onnx import TensorProto, helper

    channels, height, width = graph.input_shape
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["N", height, width, channels])
    logits = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", graph.classes])
    whole = helper.make_graph(
        builder.nodes, "imagette", [image], [logits], list(_initialisers(builder.arrays))
    )
    opsets = [helper.make_opsetid("", builder.opset)]
    return helper.make_model(
        whole,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),  # so that older runtimes read it
        producer_name="imagette",
    )


def _initialisers(arrays: Mapping[str, NDArray[Any]]) -> Iterable[Any]:
    from onnx import numpy_helper

    return (numpy_helper.from_array(value, name) for name, value in arrays.items())
