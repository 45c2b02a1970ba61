"""The page of a comparison, from the values that `compare_runs` returns."""

from importlib.metadata import version
from math import ceil

from imagette.plain import legible
from imagette.report.comparison_page import Compared, comparison_page
from imagette.report.language import language
from imagette.report.page import page_html
from imagette.report.variants import RunLine, VariantLine
from imagette.run.compare import Comparison, Variant


def compared(comparison: Comparison, command: str) -> Compared:
    """What the page shows; `command` is the one that makes it again."""
    return Compared(
        variants=tuple(variant_line(variant) for variant in comparison.variants),
        against=comparison.against,
        curves=comparison.curves,
        remarks=comparison.remarks,
        command=command,
    )


def variant_line(variant: Variant) -> VariantLine:
    """A variant as pages know it."""
    split = variant.split or ""
    return VariantLine(
        name=variant.name,
        split=variant.split,
        n=len(variant.counted),
        accuracy=variant.accuracy,
        difference=variant.difference,
        no_difference=variant.no_difference,
        parameters=variant.parameters,
        operations=variant.operations,
        uncounted=bool(variant.uncounted),
        train_seconds=variant.train_seconds,
        seconds_per_epoch=variant.seconds_per_epoch,
        losses=variant.losses,
        notes=variant.notes,
        runs=tuple(
            RunLine(
                path=str(run.path),
                seed=run.summary.seed,
                state=run.summary.state.word,
                epochs=ceil(run.summary.epochs),
                accuracy=run.accuracies.get(split),
                counted=run in variant.counted,
            )
            for run in variant.runs
        ),
    )


def comparison_html(comparison: Comparison, command: str, lang: str) -> bytes:
    """The page as the bytes of one HTML file, in English ("en") or French ("fr")."""
    say = language(lang)
    page = comparison_page(compared(comparison, command), version("imagette"), say)
    return legible(page_html(page, say)).encode()
