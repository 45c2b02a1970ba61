"""A trained run written in other formats, each file checked on real images before it is kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.data.evenly import evenly
from imagette.data.preprocess import Preprocess
from imagette.data.streamed import selected, stored
from imagette.errors import ExportError, ImagetteError, UsageError
from imagette.export.certificate import Certificate, markdown
from imagette.export.checking import Checked, checked
from imagette.export.examples import NUM_EXAMPLES, SPLITS, Examples
from imagette.export.exported import Exported, NotExported
from imagette.export.format import Format, Options, Written
from imagette.export.formats import FORMATS, format_of
from imagette.export.trained import Trained
from imagette.network.graph import Shape
from imagette.plain import legible, short
from imagette.report.curves import figure_bytes
from imagette.report.language import language
from imagette.report.pictures import labelled_grid
from imagette.run.engine import engine_of
from imagette.run.export_page import about_page
from imagette.run.ready import Ready, ready, unfinished_note
from imagette.run.state import state_of
from imagette.store.checkpoints import Which
from imagette.store.damage import naming_damage
from imagette.store.exports import export_place, refuse_taken, write_export
from imagette.store.folder import RunFolder
from imagette.store.json_files import json_bytes
from imagette.store.own_copy import own_copy
from imagette.store.provenance import environment
from imagette.store.whole import read_whole
from imagette.train.plan import Planner

MOST_SHOWN = 100  # images whose class changes, on their sheet
NUM_CALIBRATION = 512
"""Training images by which ranges of activations are found."""


def export_run(
    run: Path | str,
    formats: Sequence[str],
    *,
    int8: bool = False,
    opset: int | None = None,
    out: Path | None = None,
    which: Which = "last",
    overwrite: bool = False,
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
    lang: str | None = None,
    ort: Path | None = None,
) -> Iterator[Exported | NotExported]:
    """Writes a run's network in each of the `formats`, and yields how each of them ended.

    Into `exports/<format>` of the run, or exactly into `out`, of several formats into folders in
    it. A file that does not compute what its engine computes is kept under a name that says so,
    and its `Exported` has not passed. One that cannot be written at all is a `NotExported`; the
    others go on. A page speaks `lang` ("en" if left out), and takes the files of onnxruntime-web
    from the folder `ort` instead of from npm. An option that a format has not is a note of its
    certificate. Raises UsageError for unknown formats, for an option that none of them has, or a
    run without weights, before anything is written.
    """
    given = {"--int8": int8, "--opset": opset, "--lang": lang, "--ort": ort}
    asked = [option for option, value in given.items() if value not in (None, False)]
    rows, say = _rows(formats, asked), language(lang or "en")
    folder = RunFolder.open(Path(run) if out else own_copy(run))
    places = {
        row: export_place(folder, row.name, out and _inner(out, row, len(rows))) for row in rows
    }
    refused = {row: error for row in rows if (error := _refusal(row, places[row], overwrite))}
    yield from (NotExported(row.name, error) for row, error in refused.items())
    if len(refused) == len(rows):
        return
    # On the processor, where files are run too: a GPU's own rounding of float32 is coarser.
    opened = ready(folder.path, which, trust=trust, engine=engine, device="cpu")
    trained, examples = trained_of(opened, data_dir), examples_of(opened, data_dir)
    for row in (row for row in rows if row not in refused):
        try:
            about = about_page(opened, examples.split, say, data_dir) if row.has_page else None
            options = Options(int8 and row.has_int8, opset, about, ort, _unheard(row, asked))
            files, certificate = _made(trained, examples, row, options)
            write_export(places[row], files, certificate.as_json(), overwrite=overwrite)
            yield Exported(row.name, places[row], certificate)
        except ImagetteError as error:
            yield NotExported(row.name, error)


_HAS: Mapping[str, Callable[[Format], bool]] = {
    "--int8": lambda row: row.has_int8,
    "--opset": lambda row: row.has_opset,
    "--lang": lambda row: row.has_page,
    "--ort": lambda row: row.has_page,
}
"""Which formats an option is for."""


def _rows(formats: Sequence[str], asked: Iterable[str]) -> list[Format]:
    if not formats:
        raise UsageError(f"export takes --to FORMAT, of these: {', '.join(FORMATS)}.")
    rows = [format_of(name) for name in dict.fromkeys(formats)]
    for option in asked:
        if not any(map(_HAS[option], rows)):
            able = ", ".join(sorted(row.name for row in FORMATS.values() if _HAS[option](row)))
            got = ", ".join(row.name for row in rows)
            raise UsageError(f"{option} is for {able}. Got {got}: leave {option} out.")
    return rows


def _unheard(row: Format, asked: Iterable[str]) -> tuple[str, ...]:
    """A note for each option that is for others of the formats asked for."""
    return tuple(
        f"{option} is not for {row.name}: made without it"
        for option in asked
        if not _HAS[option](row)
    )


def _inner(out: Path, row: Format, count: int) -> Path:
    return out if count == 1 else out / row.name


def _refusal(row: Format, place: Path, overwrite: bool) -> ImagetteError | None:
    """What is known to be wrong before anything is computed."""
    try:
        row.refuse_absent()
        refuse_taken(place, overwrite)
    except ImagetteError as error:
        return error
    return None


def trained_of(opened: Ready, data_dir: Path | None = None) -> Trained:
    """What an exporter reads of an opened run."""
    folder, card = opened.folder, opened.saved.card
    given = folder.experiment_file()
    preprocess = Preprocess.from_json(card.preprocess)
    return Trained(
        title=legible(opened.experiment.run.title),
        engine=opened.experiment.engine.name,
        trained_by=opened.trained_by,
        step=opened.saved.step,
        graph=opened.graph,
        weights=opened.saved.weights,
        weights_digest=opened.saved.weights_digest,
        preprocess=preprocess,
        class_names=card.class_names,
        recipe=opened.experiment.recipe,
        network_text=card.network,
        experiment=folder.resolved(),
        given=(given.name, read_whole(given)) if given else None,
        function=_closed(opened, preprocess),
        notes=opened.notes,
        is_finished=folder.finished() is not None,
        last_step=_last_step(opened, data_dir),
    )


def _last_step(opened: Ready, data_dir: Path | None) -> int | None:
    """Where the training ended, or would by its recipe; None where only its clock knows."""
    finished, recipe = opened.folder.finished(), opened.experiment.recipe
    if finished is not None:
        step: int | None = finished.get("step")
        return step
    if recipe.epochs == "budget":
        return None
    num_images = len(opened.dataset(data_dir).train)
    return Planner(opened.graph, recipe, opened.experiment.seed, num_images).most_steps


def _closed(opened: Ready, preprocess: Preprocess) -> Callable[[Any], Any] | None:
    """A network of other code; one of the language is written from its graph."""
    if opened.own is None or not opened.own.has_network:
        return None
    engine = engine_of(opened.experiment.engine.name)
    return engine.closed(opened.own, opened.saved.weights, preprocess)


def examples_of(opened: Ready, data_dir: Path | None) -> Examples:
    """Validation images, or training images of a run that has none; never test images."""
    dataset = opened.dataset(data_dir)
    split = dataset.validation if len(dataset.validation) else dataset.train
    rows = evenly(len(split), NUM_EXAMPLES)
    images = stored(selected(split.images, rows))
    logits = opened.model.predict(opened.saved.weights, images, opened.experiment.evaluation.batch)
    calibration = _calibration_rows(len(dataset.train), rows if split is dataset.train else None)
    return Examples(
        split="validation" if len(dataset.validation) else "train",
        rows=rows,
        images=images,
        labels=split.labels[rows],
        logits=logits,
        calibration=stored(selected(dataset.train.images, calibration)),
    )


def _calibration_rows(count: int, judged: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Of the training images; others than those a file is judged on, where there are any.

    >>> _calibration_rows(4, np.array([0, 2])).tolist(), _calibration_rows(2, None).tolist()
    ([1, 3], [0, 1])
    """
    every = np.arange(count)
    free = every if judged is None else np.setdiff1d(every, judged)
    return (free if len(free) else every)[evenly(len(free) or count, NUM_CALIBRATION)]


def _made(
    trained: Trained, examples: Examples, row: Format, options: Options
) -> tuple[dict[str, bytes], Certificate]:
    """The files of one format, checked."""
    try:
        written = row.write(trained, examples, options)
        written = replace(written, notes=(*written.notes, *options.unheard))
        certificate = _certificate(trained, examples, row, written)
    except ImagetteError:
        raise
    except Exception as error:  # converters raise what they like; the other formats go on
        told = f"{type(error).__name__}: {short(error)}"
        raise ExportError(f"{trained.title} could not be written: {told}") from error
    return {**_files(trained, certificate, written), **_sheets(certificate, examples)}, certificate


def _certificate(
    trained: Trained, examples: Examples, row: Format, written: Written
) -> Certificate:
    made_on = environment()
    names = ("imagette", "python", "numpy", trained.engine, *written.packages)
    return Certificate(
        format=row.name,
        trained=trained,
        split=examples.split,
        models=tuple(checked(one, examples, trained.class_names) for one in written.models),
        versions={name: made_on.get(name) or _version(name) for name in names},
        hardware={name: made_on[name] for name in ("platform", "processor", "cores")},
        notes=(*trained.notes, *written.notes),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _files(trained: Trained, certificate: Certificate, written: Written) -> dict[str, bytes]:
    """All that lies in the folder, but for `certificate.json`: the run's own words among them."""
    files = {one.file_name: one.model.data for one in certificate.models}
    files |= {one.header_name: one.model.header for one in certificate.models if one.model.header}
    files["resolved.json"] = json_bytes(trained.experiment)
    files["network.txt"] = trained.network_text.encode()
    files["classes.json"] = (json.dumps(trained.class_names, ensure_ascii=False) + "\n").encode()
    files["certificate.md"] = legible(markdown(certificate)).encode()
    if trained.given:
        files[trained.given[0]] = trained.given[1]
    return {**files, **written.files}


def _sheets(certificate: Certificate, examples: Examples) -> dict[str, bytes]:
    """A picture of the images whose class a file changes, by its precision: `changed.int8.png`."""
    return {
        f"changed.{one.model.precision}.png": _sheet(one, examples)
        for one in certificate.models
        if one.changed
    }


def _sheet(one: Checked, examples: Examples) -> bytes:
    shown = one.changed[:MOST_SHOWN]
    images = examples.images[np.isin(examples.rows, [change.index for change in shown])]
    labels = [f"{change.index}" for change in shown]
    which = f"{one.num_images:,} {SPLITS[examples.split]} images"
    title = f"{one.file_name}: {len(one.changed)} of {which} change their class"
    return figure_bytes(labelled_grid(images, labels, min(10, max(6, len(shown))), title))


def unfinished_note_of(run: Path | str, which: Which = "last") -> str:
    """How far the training of these weights came, before anything is computed; empty at its end."""
    folder = RunFolder.open(Path(run))
    state = state_of(folder)
    steps = folder.checkpoints.steps()
    return unfinished_note(state, folder.load(which).step) if steps else ""


def input_shape_of(run: Path | str) -> Shape:
    """(C, H, W) of the pictures that a run's network takes; nothing of it is built."""
    folder = RunFolder.open(Path(run))
    with naming_damage(folder.path):
        channels, height, width = folder.cost()["nodes"][0]["input_shapes"][0]
        return channels, height, width
