"""Classify pictures with the model beside this file: python predict.py PICTURE...

It needs numpy, pillow and what runs the model, nothing else: onnxruntime for a .onnx file (pip
install numpy pillow onnxruntime), ai-edge-litert for a .tflite one.

How a picture is brought to the model: turned as its EXIF says; 16 bits divided by 257; what is
transparent lies on white; made grey by ITU-R 601 luma, or colour, as the model takes it; the
shorter side scaled to the model's, bilinear and averaged when shrinking, and the middle cut out.
The model then takes the bytes as they are, 0 to 255: normalisation is inside it.

Pictures must look like those it was trained on. --invert turns dark on light into light on dark,
as the digits of MNIST are.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent


Run = Callable[[Any], Any]
Size = tuple[int, int, int]


def load(model: Path) -> tuple[Run, Size]:
    """The model, uint8 [N,H,W,C] to logits [N,K], and its (height, width, channels)."""
    return load_litert(model) if model.suffix == ".tflite" else load_onnx(model)


def load_onnx(model: Path) -> tuple[Run, Size]:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reports what it runs else
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    _, height, width, channels = image.shape

    def run(images: Any) -> Any:
        return session.run(None, {image.name: images})[0]

    return run, (height, width, channels)


def load_litert(model: Path) -> tuple[Run, Size]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model.read_bytes())
    (image,), (logits,) = interpreter.get_input_details(), interpreter.get_output_details()
    _, height, width, channels = map(int, image["shape"])

    def run(images: Any) -> Any:
        interpreter.resize_tensor_input(image["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(image["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(logits["index"])

    return run, (height, width, channels)


def read(path: Path, size: Size, invert: bool) -> Any:
    """A picture file as the model takes it: uint8 [H,W,C]."""
    height, width, channels = size
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode == "F":
        raise ValueError("it holds floating-point pixels; save it with 8 or 16 bits")
    if picture.mode.startswith("I"):
        wide = np.clip(np.asarray(picture, np.int32), 0, 65535)
        picture = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    if invert:
        picture = ImageOps.invert(picture)
    return np.asarray(picture, np.uint8).reshape(height, width, channels)


def probabilities(logits: Any) -> Any:
    """Softmax over the classes."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def legible(name: str) -> str:
    """What a terminal would obey, such as a line break, is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def beside() -> Path:
    """The model that lies here."""
    litert = HERE / "model.tflite"
    return litert if litert.exists() else HERE / "model.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(description="Classify pictures with the model beside this.")
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    parser.add_argument("--model", type=Path, default=beside(), help="another file")
    parser.add_argument("--top", type=int, default=3, help="how many classes to show")
    parser.add_argument("--invert", action="store_true", help="dark on light to light on dark")
    given = parser.parse_args()
    names = [legible(name) for name in json.loads((HERE / "classes.json").read_bytes())]
    run, size = load(given.model)
    for path in given.pictures:
        try:
            picture = read(path, size, given.invert)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            parser.error(f"{path} is no picture that can be read: {error}")
        (chances,) = probabilities(run(picture[np.newaxis]))
        best = np.argsort(-chances, kind="stable")[: given.top]
        print(f"{path}: " + ", ".join(f"{names[i]} {100 * chances[i]:.1f} %" for i in best))


if __name__ == "__main__":
    main()
