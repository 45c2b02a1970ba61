"""The written account of several runs: compared, the best one described in full, one file out."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from imagette.errors import UsageError
from imagette.report.account import account_page
from imagette.report.language import language
from imagette.report.record import Record, read_record
from imagette.run.compare import Comparison, compare_runs
from imagette.run.comparison_page import compared
from imagette.run.page_file import Form, write_page
from imagette.run.state import state_of
from imagette.store.folder import RunFolder
from imagette.store.free import check_free


def account_of_runs(
    paths: Sequence[Path],
    best: Path,
    *,
    command: str,
    lang: str = "en",
    form: Form = "html",
    out: Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Writes the account to `out`, else to `account.html` or `account.md` here; returns where.

    `paths` are as for `compare_runs`, `best` is one of the runs; `command` is the one that makes
    the account again. A file that is there is written over with `overwrite` only.
    Raises UsageError for a best run that is not among them.
    """
    say = language(lang)
    path = out or Path(f"account.{form}")
    check_free(path, overwrite)
    chosen = RunFolder.open(best)
    comparison = compare_runs(paths)
    _check_among(chosen, comparison)
    page = account_page(compared(comparison, command), _record(chosen), version("imagette"), say)
    write_page(path, page, form, say)
    return path


def _record(folder: RunFolder) -> Record:
    state = state_of(folder)
    return read_record(folder, state.word, state.reason)


def _check_among(best: RunFolder, comparison: Comparison) -> None:
    runs = [run.path for variant in comparison.variants for run in variant.runs]
    if best.path not in runs:
        raise UsageError(
            f"--best {best.path} is not among the runs of the account: name it with them. "
            f"They are {', '.join(map(str, runs[:3]))}{', ...' if len(runs) > 3 else ''}."
        )
