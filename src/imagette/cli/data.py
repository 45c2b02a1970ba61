"""`imagette data`: list, get, show and check data sets."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from imagette.cli.survey_text import survey_lines
from imagette.data.cache import Meta, cached_folder, check_cached
from imagette.data.dataset import look_at_test, open_data
from imagette.data.named import NamedSet
from imagette.data.prepare import prepare
from imagette.data.sources import NAMED, source_of
from imagette.data.spec import DataSpec
from imagette.data.survey import survey
from imagette.errors import UsageError
from imagette.report.curves import figure_bytes
from imagette.report.pictures import labelled_grid, rows_by_class
from imagette.store.whole import write_whole

app = typer.Typer(help="List, get, show and check data sets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A named set, folder:PATH or npz:PATH.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="A folder to look through first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the values as JSON.")]

_COLUMNS = 10
_MOST_CLASSES = 20  # rows of the grid


@app.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """List the sets known by name, and whether they are at hand: in the package or the cache.

    Example: imagette data list
    """
    if as_json:
        print(json.dumps([_row(known) for known in NAMED.values()], indent=2))
        return
    for known in NAMED.values():
        sizes = f"{known.counts['train']:>6,} + {known.counts['test']:>6,}"
        state = "on disk" if _is_here(known) else f"imagette data get {known.name}"
        print(f"{known.name:<15} {sizes}  {_shape(known):<8} {state:<32} {known.title}")
    print("Your own: folder:PATH (a folder per class), npz:PATH (uint8 images, integer labels)")


@app.command()
def get(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Find or fetch a set, verify it, and put it in the cache.

    Example: imagette data get cifar10
    """
    spec = DataSpec(name=name)
    prepared = prepare(spec, data_dir)
    key = source_of(spec).key
    where = str(cached_folder(key)) if _is_cached(key) else "memory alone"
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
    overwrite: Annotated[bool, typer.Option(help="Replace the PNG if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw a labelled grid; print proportions, statistics and equal pictures of train and test.

    The test images are looked at, and put through no network.

    Example: imagette data show fashion-sample --out fashion.png
    """
    spec = DataSpec(name=name)
    target = out or Path(f"{source_of(spec).key}.png")
    if target.exists() and not overwrite:
        raise UsageError(f"{str(target)!r} exists: give --overwrite, or another name with --out.")
    dataset = open_data(spec, data_dir)
    found = survey(dataset, look_at_test(spec, data_dir))
    labels = dataset.train.labels
    chosen = rows_by_class(labels, min(len(dataset.class_names), _MOST_CLASSES), _COLUMNS)
    figure = labelled_grid(
        dataset.train.images[chosen],
        [dataset.class_names[label] for label in labels[chosen]],
        _COLUMNS,
        title=f"{name}: training images",
    )
    write_whole(target, figure_bytes(figure))
    if as_json:
        print(json.dumps({**found.as_json(), "grid": str(target)}, indent=2))
        return
    for line in survey_lines(found):
        print(line)
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


def _row(known: NamedSet) -> dict[str, Any]:
    return {
        "name": known.name,
        "title": known.title,
        "home": known.home,
        **known.counts,
        "shape": _shape(known),
        "class_names": known.class_names,
        "on_disk": _is_here(known),
    }


def _shape(known: NamedSet) -> str:
    height, width, channels = known.shape
    return f"{channels}x{height}x{width}"


def _is_here(known: NamedSet) -> bool:
    return known.bundled is not None or _is_cached(known.key)


def _is_cached(key: str) -> bool:
    return (cached_folder(key) / "meta.json").is_file()


def _sizes(meta: Meta) -> str:
    return " + ".join(f"{count:,}" for count in meta.counts.values())
