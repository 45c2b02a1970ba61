"""`imagette activations`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from imagette.cli.console import Output
from imagette.cli.picture_file import Overwrite, place_for
from imagette.cli.tables import network_table
from imagette.cli.train import DataDir
from imagette.cli.trained import ByEngine, OpenTest, SplitChoice, TrainedRun, Weights, WhichChoice
from imagette.cli.trust import Trust
from imagette.run.activations import Looks, looks_of
from imagette.store.whole import write_whole

DEFAULT_PICTURE = Path("activations.png")


def activations(
    run: TrainedRun,
    layer: Annotated[
        str | None, typer.Option(help="Whose activity; the last convolution if left out.")
    ] = None,
    saliency: Annotated[
        bool,
        typer.Option(
            "--saliency", help="The gradient of the predicted class by pixels; alone, or with both."
        ),
    ] = False,
    images: Annotated[int, typer.Option(min=1, max=50, help="How many images.")] = 6,
    seed: Annotated[int, typer.Option(help="Draws which.")] = 0,
    split: Annotated[SplitChoice, typer.Option(help="Of which images.")] = SplitChoice.validation,
    open_test: OpenTest = False,
    weights: Weights = WhichChoice.last,
    out: Annotated[
        Path | None,
        typer.Option(help=f"Where the PNG goes; {DEFAULT_PICTURE}, but none with --json."),
    ] = None,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: ByEngine = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Draw where a trained network looks: random images above the masks of a layer.

    A mask is max(activation, 0), summed over channels, over its maximum. The network up to the
    layer is shown as a table.

    Example: imagette activations runs/lenet_cifar --layer conv2 --images 8
    """
    picture = place_for(out, None if as_json else DEFAULT_PICTURE, overwrite)
    looks = looks_of(
        run,
        layer,
        saliency=saliency,
        num_images=images,
        seed=seed,
        split=split.value,
        open_test_set=open_test,
        which=weights.value,
        data_dir=data_dir,
        trust=trust,
        engine=engine,
    )
    if picture:
        write_whole(picture, _figure(looks))
    if as_json:
        values = {**looks.as_json(), "figure": str(picture) if picture else None}
        print(json.dumps(values, ensure_ascii=False))
        return
    _print(looks, Output())
    if picture:
        print(f"figure   {picture}")


def _print(looks: Looks, console: Console) -> None:
    def say(text: str) -> None:
        console.print(escape(text), highlight=False, soft_wrap=not console.is_terminal)

    for note in looks.notes:
        say(f"note     {note}")
    if looks.network is not None:
        say(f"the network up to {looks.layer}:")
        network_table(looks.network, console)
        say("")
    names = looks.class_names
    answers = [
        f"{row}: {names[label]}" + (f" (taken for {names[other]})" if other != label else "")
        for row, label, other in zip(looks.rows, looks.labels, looks.predicted, strict=True)
    ]
    say(f"images   of {looks.split}, {', '.join(answers)}")


def _figure(looks: Looks) -> bytes:
    from imagette.report.curves import figure_bytes
    from imagette.report.masks import masks_figure

    names = looks.class_names
    captions = [
        names[label] if label == other else f"{names[label]}\nsaid: {names[other]}"
        for label, other in zip(looks.labels, looks.predicted, strict=True)
    ]
    masks = {}
    if looks.masks is not None:
        masks[f"{looks.layer}, active"] = looks.masks
    if looks.saliency is not None:
        masks["|gradient| of\nits answer"] = looks.saliency
    return figure_bytes(masks_figure(looks.images, captions, masks))
