"""A JAX function of one's own as an ONNX file, by jax2onnx."""

from importlib.util import find_spec
from typing import Any

from imagette.errors import ExportError, MissingExtra
from imagette.export.format import INPUT, OUTPUT
from imagette.export.onnx.quiet import quiet
from imagette.network.graph import Shape
from imagette.plain import short


def bytes_from_jax(function: Any, input_shape: Shape, opset: int | None) -> bytes:
    """One file of any batch, from a function of images uint8 [N,H,W,C].

    jax2onnx is known to have written poolings wrong and to say nothing: what it made is worth only
    what the comparison on real images says. Raises MissingExtra without it, ExportError, in one
    line, for what it cannot write.
    """
    if find_spec("jax2onnx") is None:
        raise MissingExtra("jax2onnx (--to onnx of a JAX network of other code)", "jax2onnx")
    channels, height, width = input_shape
    chosen = {} if opset is None else {"opset": opset}
    try:
        with quiet():
            import jax2onnx

            model = jax2onnx.to_onnx(
                function, [_images(height, width, channels)], model_name="imagette", **chosen
            )
        _rename(model)
    except Exception as error:  # of any kind, from anywhere in what it was given
        told = f"{type(error).__name__}: {short(error)}"
        raise ExportError(f"jax2onnx cannot export the function: {told}") from error
    data: bytes = model.SerializeToString()
    return data


def _images(*sizes: int) -> Any:
    """What is known of the input: all but N."""
    import jax
    import numpy as np
    from jax import export

    (batch,) = export.symbolic_shape("N")
    known: Any = jax.ShapeDtypeStruct
    return known((batch, *sizes), np.uint8)


def _rename(model: Any) -> None:
    """Input and output have the names that all our files have."""
    names = {model.graph.input[0].name: INPUT, model.graph.output[0].name: OUTPUT}
    model.graph.input[0].name, model.graph.output[0].name = INPUT, OUTPUT
    for node in model.graph.node:
        for side in (node.input, node.output):
            side[:] = [names.get(name, name) for name in side]
