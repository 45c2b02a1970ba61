"""LiteRT (formerly TFLite): one file written from the graph, and with int8 a second in integers."""

from collections.abc import Mapping
from typing import Any

from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import Format, ModelFile, Options, Precision, Tensor, Written
from imagette.export.handed import predict_script
from imagette.export.litert.firmware import LARGEST, header
from imagette.export.litert.flatbuffer import serialised
from imagette.export.litert.interpreter import ranges_of, runner
from imagette.export.litert.lower import lowered
from imagette.export.litert.portable import NOT_MICRO, portable
from imagette.export.litert.program import Program, arena_bytes
from imagette.export.litert.quantise import quantised
from imagette.export.litert.simplify import simplified
from imagette.export.litert.versions import operators
from imagette.export.trained import Trained

FILE, INT8_FILE = "model.tflite", "model.int8.tflite"
BATCHES = (1, 7, 64)
"""At which a file is compared: it lies there for 1, and any other is asked of the runtime."""


def write(trained: Trained, examples: Examples, options: Options) -> Written:
    """`model.tflite` from the graph and its weights, whatever engine trained them.

    With `options.int8` also `model.int8.tflite`: integers throughout, their ranges taken from the
    training images of `examples.calibration`; the nodes that stay float32 are among its facts.
    """
    if trained.is_foreign:
        raise ExportError(
            f"{trained.title} is other code, which is not written to LiteRT: export it to onnx, or "
            "write its network in the network language."
        )
    program = simplified(lowered(trained.graph, trained.weights, trained.preprocess))
    data = serialised(program, trained.title)
    models = [_model(FILE, program, data)]
    if options.int8:
        models.append(_int8_model(trained.title, portable(program), examples))
    files = {"predict.py": predict_script()}
    return Written(tuple(models), files, ("ai-edge-litert",), _notes(models))


def _int8_model(title: str, program: Program, examples: Examples) -> ModelFile:
    computed = [op.output for op in program.ops]
    ranges = ranges_of(serialised(program, title), computed, examples.calibration)
    made = quantised(program, ranges)
    facts: dict[str, Any] = {"calibration": examples.calibration_words}
    if made.kept_float:
        facts["kept_in_float32"] = list(made.kept_float)
    in_integers = serialised(made.program, f"{title}, int8")
    return _model(INT8_FILE, made.program, in_integers, "int8", facts)


def _model(
    name: str,
    program: Program,
    data: bytes,
    precision: Precision = "float32",
    facts: Mapping[str, Any] | None = None,
) -> ModelFile:
    entry, output = program.tensors[program.input], program.tensors[program.output]
    own = {"operators": operators(program), "arena_bytes": arena_bytes(program)}
    return ModelFile(
        name=name,
        data=data,
        run=runner(data),
        inputs=(Tensor(entry.name, entry.dtype, ("N", *entry.shape[1:])),),
        outputs=(Tensor(output.name, output.dtype, ("N", *output.shape[1:])),),
        precision=precision,
        batches=BATCHES,
        facts={**own, **(facts or {})},
        header=_header(name, data, own),
    )


def _header(name: str, data: bytes, facts: Mapping[str, Any]) -> bytes:
    """Empty for a file that no microcontroller runs."""
    kinds = {one["name"] for one in facts["operators"]}
    if NOT_MICRO & kinds or len(data) > LARGEST:
        return b""
    return header(name, data, facts["operators"], facts["arena_bytes"]).encode()


def _notes(models: list[ModelFile]) -> tuple[str, ...]:
    batch = (
        "As it lies there the file takes one image; for N of them, resize_tensor_input to "
        "[N,H,W,C] comes before allocate_tensors"
    )
    arena = (
        "The arena's bytes are those of the tensors of one image; beside them a runtime keeps some "
        "hundred bytes about each operator"
    )
    return (batch, arena, *filter(None, map(_lacking, models)))


def _lacking(model: ModelFile) -> str:
    """What keeps a file from a microcontroller; empty if nothing does."""
    kinds = sorted(NOT_MICRO.intersection(one["name"] for one in model.facts["operators"]))
    word = ", ".join(kinds)
    lacks = f"{model.name} has {word}, which LiteRT has and LiteRT for Microcontrollers has not"
    return lacks if kinds else ""


LITERT = Format(
    name="litert",
    what="one .tflite file, for LiteRT on phones and microcontrollers",
    write=write,
    needs={"ai_edge_litert": "ai-edge-litert", "flatbuffers": "flatbuffers"},
    extra="litert",
    has_int8=True,
)
