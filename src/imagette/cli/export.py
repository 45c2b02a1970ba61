"""`imagette export`."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from imagette.cli.console import Output
from imagette.cli.networks import read_size
from imagette.cli.report import Lang
from imagette.cli.train import DataDir
from imagette.cli.trained import RUN_HELP, WhichChoice
from imagette.cli.trust import Trust
from imagette.data.notice import notice
from imagette.errors import UsageError
from imagette.export.certificate import fact_text, tensor_text
from imagette.export.checking import Checked
from imagette.export.examples import SPLITS
from imagette.export.exported import Exported, NotExported
from imagette.network.tensors import shape_text
from imagette.plain import plain
from imagette.run.export import export_run, input_shape_of, unfinished_note_of

FIRST_LOGITS = 4  # shown of the first image
LONG_FACT = 30  # characters of a fact that gets a line of its own


To = Annotated[
    list[str],
    typer.Option("--to", metavar="FORMAT", help="onnx, litert, web, torch, jax, haiku; each once."),
]
Size = Annotated[
    str,
    typer.Option(
        "--input", metavar="CxHxW", help="Check what the network takes: 1x28x28, '1 1 28 28'."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="The folder, in place of the run's exports/FORMAT; of several formats, the one that "
        "theirs go into."
    ),
]

PageLang = Annotated[Lang | None, typer.Option(help="The language of a web page; en if left out.")]


def export(
    words: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help=RUN_HELP),
    ],
    to: To,
    int8: Annotated[
        bool, typer.Option("--int8", help="An int8 file too, beside the float32 one.")
    ] = False,
    opset: Annotated[int | None, typer.Option(help="Of ONNX; 17 if left out.")] = None,
    size: Size = "",
    weights: Annotated[WhichChoice, typer.Option(help="Which checkpoint.")] = WhichChoice.last,
    out: Out = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an export that is there.")
    ] = False,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: Annotated[
        str | None, typer.Option(help="Compare with torch or jax, whatever the run has.")
    ] = None,
    lang: PageLang = None,
    ort: Annotated[
        Path | None,
        typer.Option(
            help="A folder with onnxruntime-web's files for a page; npm brings them else."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the certificates as JSON.")
    ] = False,
) -> None:
    """Write a trained network in other formats, each file checked on real images.

    What a file takes is settled by the run: pixels, 0 to 255, in the network's size and colour,
    any number of pictures at once. --input only checks it.

    Example: imagette export runs/first_light --to onnx
    """
    run, size = _split(words, size)
    _check_input(run, size)
    _tell_of(run, weights)
    endings = export_run(
        run,
        to,
        int8=int8,
        opset=opset,
        out=out,
        which=weights.value,
        overwrite=overwrite,
        data_dir=data_dir,
        trust=trust,
        engine=engine,
        lang=lang,
        ort=ort,
    )
    codes = _tell(endings, as_json)
    if any(codes):
        raise typer.Exit(codes[0] if len(set(codes)) == 1 else 1)


def _tell(endings: Iterable[Exported | NotExported], as_json: bool) -> list[int]:
    """Says of each format how it ended, as it ends; returns their exit codes."""
    console, codes, values = Output(), list[int](), dict[str, object]()
    for ended in endings:
        if isinstance(ended, NotExported):
            codes.append(ended.error.exit_code)
            values[ended.format] = {"error": str(ended.error)}
            print(f"imagette: error: {ended.format}: {plain(str(ended.error))}", file=sys.stderr)
            continue
        codes.append(0 if ended.passed else 1)
        values[ended.format] = {"path": str(ended.path), **ended.certificate.as_json()}
        if not as_json:
            _show(console, ended)
        _complain(ended)
    if as_json:
        print(json.dumps(values, ensure_ascii=False))
    return codes


def _split(words: list[str], size: str) -> tuple[Path, str]:
    """The run, and the sizes that a shell hands over one by one in `--input 1 1 28 28`."""
    sizes = [word for word in words if word.isdecimal()] if size else []
    others = [word for word in words if word not in sizes]
    if len(others) != 1:
        got = ", ".join(others) or "none"
        raise UsageError(f"export takes one run. Got {got}; e.g. imagette export runs/first_light")
    return Path(others[0]), " ".join([size, *sizes])


def _tell_of(run: Path, weights: WhichChoice) -> None:
    """That the run has not ended, before minutes are spent on it."""
    if note := unfinished_note_of(run, weights.value):
        notice(note)


def _check_input(run: Path, size: str) -> None:
    asked = read_size(size)
    if asked is None:
        return
    own = input_shape_of(run)
    if asked != own:
        channels, height, width = own
        raise UsageError(
            f"--input must be what the network was trained on, {shape_text(own)} (channels, "
            f"height, width; the files take [N,{height},{width},{channels}]). "
            f"Got {shape_text(asked)}: leave it out."
        )


def _show(console: Console, ended: Exported) -> None:
    certificate = ended.certificate
    for one in certificate.models:
        _say(console, f"file     {ended.path / one.file_name}")
        for line in _about(one, SPLITS[certificate.split]):
            _say(console, f"  {line}")
    for note in certificate.notes:
        if note in certificate.trained.notes:  # told at the beginning
            continue
        _say(console, f"note     {note}")
    _say(console, f"folder   {ended.path}: certificate.md says what was checked")


def _about(one: Checked, split: str) -> list[str]:
    model = one.model
    facts = {name.replace("_", " "): fact_text(value) for name, value in model.facts.items()}
    long = {name for name, text in facts.items() if len(text) > LONG_FACT}
    engine, file = (
        " ".join(f"{value:.4f}" for value in logits[:FIRST_LOGITS]) for logits in one.first
    )
    dots = " ..." if len(one.first[0]) > FIRST_LOGITS else ""
    *some, last = map(str, one.differences)
    batches = f"{', '.join(some)} and {last}" if some else last
    return [
        f"takes    {', '.join(map(tensor_text, model.inputs))}",
        f"gives    {', '.join(map(tensor_text, model.outputs))}",
        ", ".join(
            [
                f"size     {len(model.data):,} bytes, {model.precision}",
                *(f"{name} {text}" for name, text in facts.items() if name not in long),
            ]
        ),
        *(f"{name}: {facts[name]}" for name in facts if name in long),
        f"logits   {file}{dots} of the first image",
        f"engine   {engine}{dots}",
        f"off by   {one.largest_difference:.2g} at most: {one.num_images:,} {split} images, "
        f"batches of {batches}",
        f"accuracy {one.accuracy_file:.2%}; by the engine {one.accuracy_engine:.2%}; "
        f"{len(one.changed)} classes change",
        "latency  " + ", ".join(f"{ms:.3g} ms at batch {n}" for n, ms in one.latency.items()),
    ]


def _complain(ended: Exported) -> None:
    """Of a file that was kept under another name, why."""
    for one in ended.certificate.models:
        if not one.passed:
            kept = ended.path / one.file_name
            print(
                f"imagette: error: {ended.format}: {one.fault}: kept as {plain(str(kept))}",
                file=sys.stderr,
            )


def _say(console: Console, text: str) -> None:
    """Whole lines where nobody looks at a terminal."""
    console.print(escape(text), highlight=False, soft_wrap=not console.is_terminal)
