"""`imagette data`: list, get, show and check data sets."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from imagette.cli.picture_file import Overwrite, place_for
from imagette.cli.survey_text import survey_lines
from imagette.data.cache import Meta, cached_folder, check_cached, is_cached
from imagette.data.dataset import Dataset, open_data
from imagette.data.named import NamedSet
from imagette.data.prepare import prepare
from imagette.data.sources import NAMED, source_of
from imagette.data.spec import DataSpec
from imagette.data.streamed import selected, stored
from imagette.data.survey import survey_of
from imagette.data.whereabouts import whereabouts
from imagette.store.whole import write_whole

app = typer.Typer(help="List, get, show and check data sets.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A named set, folder:PATH, npz:PATH or python:FILE:NAME."),
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="A folder to look through first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the values as JSON.")]

_COLUMNS = 10
_MOST_CLASSES = 20  # rows of the grid


@app.command("list")
def list_sets(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the sets known by name, and where they are on disk.

    Example: imagette data list
    """
    if as_json:
        print(json.dumps([_row(known, data_dir) for known in NAMED.values()], indent=2))
        return
    for known in NAMED.values():
        sizes = f"{known.counts['train']:>6,} + {known.counts['test']:>6,}"
        state = whereabouts(known, data_dir) or f"to fetch: imagette data get {known.name}"
        print(f"{known.name:<15} {sizes}  {_shape(known):<8} {known.title:<45} {state}")
    print("Your own: folder:PATH (a folder per class), npz:PATH (uint8 images, integer labels),")
    print("          python:FILE:NAME (a class or a function of yours)")


@app.command()
def get(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Find or fetch a set, verify it, and put it in the cache.

    Example: imagette data get cifar10
    """
    spec = DataSpec(name=name)
    prepared = prepare(spec, data_dir)
    key = source_of(spec).key
    where = str(cached_folder(key)) if is_cached(key) else "memory alone"
    if as_json:
        values = {"name": name, "source": prepared.origin, "cache": where}
        print(json.dumps({**values, "digests": prepared.digests}, indent=2))
        return
    print(f"{name}: from {prepared.origin}; verified, in {where}")


@app.command()
def show(
    name: Name,
    data_dir: DataDir = None,
    out: Annotated[Path | None, typer.Option(help="Where the PNG goes.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Draw a labelled grid; print proportions, statistics and equal pictures of train and test.

    The test images are looked at, and put through no network.

    Example: imagette data show fashion-sample --out fashion.png
    """
    spec = DataSpec(name=name)
    target = place_for(out, Path(f"{_stem(name)}.png"), overwrite)
    found = survey_of(spec, data_dir)
    if target:
        write_whole(target, _grid(open_data(spec, data_dir)))
    if as_json:
        print(json.dumps({**found.as_json(), "grid": str(target) if target else None}, indent=2))
        return
    for line in survey_lines(found):
        print(line)
    if target:
        print(f"grid: {target}")


@app.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """Read a cached set again, every byte, and compare it with its digests.

    Example: imagette data check fashion-sample
    """
    meta = check_cached(source_of(DataSpec(name=name)).key)
    if as_json:
        print(json.dumps({"name": name, "digests": meta.digests}, indent=2))
        return
    print(f"{name}: {_sizes(meta)} images have their recorded digests (from {meta.origin})")


def _grid(dataset: Dataset) -> bytes:
    """A PNG with the first training images of each class."""
    from imagette.report.curves import figure_bytes
    from imagette.report.pictures import examples_by_class, labelled_grid

    names, labels = dataset.class_names, dataset.train.labels
    chosen = examples_by_class(labels, min(len(names), _MOST_CLASSES), _COLUMNS)
    title = f"{dataset.name}: training images"
    words = [names[label] for label in labels[chosen]]
    pictures = stored(selected(dataset.train.images, np.array(chosen)))
    return figure_bytes(labelled_grid(pictures, words, _COLUMNS, title))


def _stem(name: str) -> str:
    """What the set is called, without the path to it."""
    return Path(name.partition(":")[2] or name).resolve().stem


def _row(known: NamedSet, data_dir: Path | None) -> dict[str, Any]:
    return {
        "name": known.name,
        "title": known.title,
        "home": known.home,
        "train": known.counts["train"],
        "test": known.counts["test"],
        "shape": _shape(known),
        "class_names": known.class_names,
        "where": whereabouts(known, data_dir),
    }


def _shape(known: NamedSet) -> str:
    height, width, channels = known.shape
    return f"{channels}x{height}x{width}"


def _sizes(meta: Meta) -> str:
    return " + ".join(f"{count:,}" for count in meta.counts.values())
