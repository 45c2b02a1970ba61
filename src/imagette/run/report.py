"""The report of a run: its folder read, the data and weights it names brought in, one page out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from imagette.evaluate.calibration import calibration
from imagette.report.language import Language, language
from imagette.report.record import Record, read_record
from imagette.report.run_page import Pictures, run_page
from imagette.report.sections.calibration import calibrated
from imagette.report.sections.mistakes import most_confident
from imagette.report.sections.network import drawn
from imagette.run.page_file import Form, write_page
from imagette.run.report_data import Brought, bring_data
from imagette.run.report_inside import look_inside
from imagette.run.report_pictures import on_sheet, read_judged
from imagette.run.state import state_of
from imagette.store.folder import RunFolder
from imagette.store.free import check_free
from imagette.store.own_copy import own_copy

REPORT = "report"
"""The file of a run's page in its folder, before `.html` or `.md`."""


def report_run(
    run: Path | str,
    *,
    lang: str = "en",
    form: Form = "html",
    out: Path | None = None,
    overwrite: bool = False,
    layers: Sequence[str] = (),
    data_dir: Path | None = None,
    trust: bool = False,
) -> Path:
    """Writes the page of a run into its folder, or to `out`, and returns where it is.

    As one HTML file, or as Markdown, where pictures are told in words.

    The folder's own page follows from the folder alone, so it is made anew each time; another file
    is written over with `overwrite` only. An unfinished run has a page too, which says what is
    missing. Activation maps are of the `layers` named, or of some convolutions. Raises UsageError
    for a run, a layer or a language that is not there.
    """
    say = language(lang)
    folder = RunFolder.open(Path(run) if out else own_copy(run))
    check_free(out, overwrite)
    state = state_of(folder)
    record = read_record(folder, state.word, state.reason)
    brought = bring_data(folder, data_dir, trust)
    seen = replace(
        _pictures(folder, record, brought, say),
        inside=look_inside(folder.path, brought.splits, layers, say, trust),
    )
    page = run_page(record, say, brought.facts, seen)
    path = out or folder.path / f"{REPORT}.{form}"
    write_page(path, page, form, say)
    return path


def _pictures(folder: RunFolder, record: Record, brought: Brought, say: Language) -> Pictures:
    names = brought.facts.class_names if brought.facts else ()
    split = record.split or ""
    judged = read_judged(folder, split, brought.splits.get(split)) if record.evaluation else None
    on_it = on_sheet(judged, brought.splits.get("train"), names, say)
    return Pictures(
        sheet=on_it.sheet,
        samples=on_it.samples,
        behind=on_it.behind,
        mistakes=most_confident(on_it.mistakes, names, on_it.places, say) if judged else None,
        calibration=calibrated(calibration(judged.predictions), say) if judged else None,
        diagram=drawn(record, say),
    )
