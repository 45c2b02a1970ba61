"""`imagette predict`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from imagette.cli.console import Output
from imagette.cli.picture_file import Overwrite
from imagette.cli.thumbnail import shows_pictures, thumbnail
from imagette.cli.train import DataDir
from imagette.cli.trained import ByEngine, TrainedRun, Weights, WhichChoice
from imagette.cli.trust import Trust
from imagette.errors import DataError
from imagette.run.predict import Predicted, Prediction, predict_pictures
from imagette.store.free import check_free
from imagette.store.whole import write_whole

MOST_SHOWN = 4  # pictures drawn in the terminal: more would scroll the answers away


def predict(
    run: TrainedRun,
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Pictures of any size and kind.")
    ],
    top: Annotated[int, typer.Option(min=1, help="How many classes to show.")] = 3,
    layer: Annotated[
        str | None, typer.Option(help="Whose activity to draw; the last convolution if left out.")
    ] = None,
    weights: Weights = WhichChoice.last,
    out: Annotated[
        Path | None,
        typer.Option(help="A PNG of what the network was given, and where it was active."),
    ] = None,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: ByEngine = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Say what a trained network sees in pictures of your own.

    They are brought to what it was trained on: size, colour, and, where that was things on an even
    background, polarity and place.

    Example: imagette predict runs/cnn_mnist photo.jpg --out photo_seen.png
    """
    check_free(out, overwrite)
    predicted = predict_pictures(
        run,
        pictures,
        which=weights.value,
        layer=layer,
        data_dir=data_dir,
        trust=trust,
        engine=engine,
    )
    if out:
        write_whole(out, _figure(predicted))
    if as_json:
        values = {**predicted.as_json(), "figure": str(out) if out else None}
        print(json.dumps(values, ensure_ascii=False))
        _tell_refused(predicted)
        return
    console = Output()
    for note in predicted.notes:
        _say(console, f"note     {note}")
    for one in predicted.predictions:
        _say_one(console, one, top, drawn=len(predicted.predictions) <= MOST_SHOWN)
    if out:
        _say(console, f"figure   {out}")
    _tell_refused(predicted)


def _tell_refused(predicted: Predicted) -> None:
    """After the answers, so that nobody overlooks it: a DataError where a picture has none."""
    if predicted.refused:
        raise DataError(" ".join(predicted.refused))


def _say_one(console: Console, one: Prediction, top: int, drawn: bool) -> None:
    best = list(one.probabilities.items())[:top]
    chances = ", ".join(f"{name} {100 * chance:.1f} %" for name, chance in best)
    _say(console, f"{one.picture}: {chances}")
    _say(console, f"  given: {'; '.join(one.steps)}")
    if drawn and shows_pictures(console) and one.given.shape[1] + 2 <= console.width:
        for line in thumbnail(one.given):
            console.print("  ", line, sep="", no_wrap=True)


def _say(console: Console, text: str) -> None:
    """Whole lines where nobody looks at a terminal."""
    console.print(escape(text), highlight=False, soft_wrap=not console.is_terminal)


def _figure(predicted: Predicted) -> bytes:
    from imagette.report.curves import figure_bytes
    from imagette.report.predictions import predictions_figure

    found = predicted.predictions
    return figure_bytes(
        predictions_figure(
            [Path(one.picture).name for one in found],
            [one.given for one in found],
            [one.probabilities for one in found],
            [one.mask for one in found],
            predicted.layer,
        )
    )
