"""A comparison as CSV: one line a variant, which a spreadsheet may open and run nothing."""

import csv
from io import StringIO
from typing import Any

from imagette.run.compare import Comparison, Variant

_FORMULA = "=+-@\t\r\n"  # what a spreadsheet takes for the start of a formula, or trims before one


def comparison_csv(comparison: Comparison) -> str:
    """One line a variant, after a line of headings; shares lie between 0 and 1.

    Texts that begin as formulas do get an apostrophe before them: titles and notes are anybody's.
    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    rows = [_flat(variant) for variant in comparison.variants]
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    is_formula = isinstance(value, str) and value.lstrip(" ")[:1] in tuple(_FORMULA)
    return f"'{value}" if is_formula else value


def _flat(variant: Variant) -> dict[str, Any]:
    accuracy, found = variant.accuracy, variant.difference
    low, high = found.interval if found and found.interval else (None, None)
    image_low, image_high = found.on_images if found and found.on_images else (None, None)
    return {
        "variant": variant.name,
        "title": variant.title,
        "split": variant.split,
        "seeds": len(variant.counted),
        "accuracy": accuracy.mean if accuracy else None,
        "deviation": accuracy.deviation if accuracy else None,
        "difference": found.mean if found else None,
        "low": low,
        "high": high,
        "over": found.over if found else None,
        "pairs": found.n if found else None,
        "p": found.p if found else None,
        "p_corrected": found.corrected if found else None,
        "comparisons": found.comparisons if found else None,
        "image_low": image_low,
        "image_high": image_high,
        "verdict": found.verdict if found else variant.no_difference,
        "parameters": variant.parameters,
        "operations": variant.operations,
        "uncounted": " ".join(variant.uncounted),
        "train_seconds": variant.train_seconds,
        "seconds_per_epoch": variant.seconds_per_epoch,
        **{f"{one}_loss": variant.losses.get(one) for one in ("train", "validation", "test")},
        "uncounted_runs": len(variant.set_aside),
        "notes": " | ".join(variant.notes),
    }
