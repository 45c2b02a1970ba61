"""A page that classifies in the browser: the ONNX file, onnxruntime-web, and what shows them."""

from imagette.export.examples import Examples
from imagette.export.format import Format, Options, Written
from imagette.export.onnx.format import ONNX
from imagette.export.trained import Trained
from imagette.export.web.page import page_files
from imagette.export.web.runtime import PACKED, VERSION, runtime_files

NOTES = (
    "the page is served, not opened as a file: python -m http.server in its folder, then "
    "http://localhost:8000",
    "what is certified is model.onnx in onnxruntime; that a browser answers alike is shown by "
    "imagette's own tests",
)


def write(trained: Trained, examples: Examples, options: Options) -> Written:
    """The folder of a page; raises DataError where onnxruntime-web cannot be brought."""
    assert options.about is not None
    onnx = ONNX.write(trained, examples, options)
    runtime = runtime_files(options.ort)
    model = onnx.models[0]
    files = page_files(
        options.about,
        trained.class_names,
        trained.input_shape,
        model.data,
        runtime,
        examples.images,
        examples.labels,
    )
    size = f"onnxruntime-web {VERSION} is {len(runtime[PACKED]):,} bytes of the page, packed"
    return Written((model,), files, onnx.packages, (*NOTES, size))


WEB = Format(
    name="web",
    what="a page that classifies in the browser",
    write=write,
    needs=ONNX.needs,
    extra=ONNX.extra,
    has_opset=True,
    has_page=True,
)
