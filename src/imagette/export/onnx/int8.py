"""An ONNX file with weights and activations in int8, by onnxruntime's static quantisation."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from imagette.arrays import Images
from imagette.export.format import INPUT
from imagette.export.onnx.runtime import library

_BATCH = 64  # of calibration images
QUANTISED = (
    "Conv",
    "Gemm",
    "MatMul",
    "Relu",
    "Add",
    "Concat",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
)
"""What computes in int8, and what between two of those would have to leave it.

The scaling of pixels and all activations but ReLU stay float32. With Relu among them a convolution
is stored after its ReLU alone: of lenet_cifar 18 of 1,000 classes changed, and 33 without.
"""


def int8_bytes(data: bytes, images: Images) -> bytes:
    """The same network in int8: weights by output channel, activations by tensor, symmetric int8.

    Ranges of activations are the least and the largest that `images` uint8 [N,H,W,C] give rise to:
    training images, so that validation stays unseen. QDQ form: each quantised tensor stands between
    QuantizeLinear and DequantizeLinear, which onnxruntime fuses. Source:
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    library()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory(prefix="imagette-int8-") as name:
        given, prepared, made = (Path(name) / file for file in ("given", "prepared", "made"))
        given.write_bytes(data)
        # Norms are folded into the convolutions before them, which then have one range, not two.
        quant_pre_process(given, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            made,
            _Reader(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )
        return made.read_bytes()


class _Reader:
    """The calibration images as onnxruntime asks for them: one batch a call, then None."""

    def __init__(self, images: Images) -> None:
        self._batches: Iterator[Images] = (
            images[i : i + _BATCH] for i in range(0, len(images), _BATCH)
        )

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
