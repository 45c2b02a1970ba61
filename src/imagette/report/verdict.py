"""Whether a difference is real, in words, and what the test behind the words does not say."""

from collections.abc import Iterable, Mapping, Sequence

from imagette.evaluate.bootstrap import CONFIDENCE, RESAMPLES
from imagette.evaluate.comparison import Difference, Verdict
from imagette.evaluate.evaluation import Interval
from imagette.report.language import Language

_SURE = 0.001  # smaller p-values are not told apart
MANY = 12
"""Differences from which on a summary comes first."""

_TOLD: Mapping[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "no difference shown": "untold",
}
_KINDS = {"seeds": "seeds", "images": "images", "other images": "unpaired"}


def verdict(name: str, against: str, found: Difference, say: Language) -> str:
    r"""A few sentences: is the variant better or worse, by how much, and how likely by chance.

    >>> from imagette.report.language import language
    >>> found = Difference(0.012, (0.004, 0.02), 5000, "images", 0.0005, 0.003, 6, only=(160, 100))
    >>> print(verdict("B", "A", found, language("en")).replace("points ", "points\n"))
    B is better than A by 1.20 points
    [0.40, 2.00], p = 0.003 after correction for 6 comparisons. Of 5,000 images 160 only B has ...
    """
    names = {"name": name, "against": against}
    if found.p is None or found.interval is None:
        return say("verdict.no_scatter", **names, points=_points(found.mean, say), seeds=found.n)
    sign = -1 if found.verdict == "worse" else 1
    sentences = [
        say(
            f"verdict.{_TOLD[found.verdict]}",
            **names,
            points=_points(sign * found.mean, say),
            bounds=_bounds(found.interval, sign, say),
            chance=_chance(found, say),
        )
    ]
    if found.on_images:
        bounds = _bounds(found.on_images, sign, say)
        sentences.append(say("verdict.on_images", bounds=bounds))
    if found.only:
        first, other = found.only
        sentences.append(say("verdict.only", **names, first=first, other=other, images=found.n))
    if found.over == "other images":
        sentences.append(say("verdict.no_pairs"))
    return " ".join(sentences)


def summary(against: str, differences: Sequence[Difference], say: Language) -> str:
    """How many variants are better, worse, or not told from the other."""
    verdicts = [found.verdict for found in differences]
    counts = {key: verdicts.count(word) for word, key in _TOLD.items()}
    return say("verdict.summary", n=len(verdicts), against=against, **counts)


def coverage_of_tests(differences: Iterable[Difference], say: Language) -> tuple[str, ...]:
    """A line for each kind of test among the differences, on what it does and does not cover."""
    tested = [one for one in differences if one.p is not None]
    present = {one.over for one in tested}
    lines = [
        say(f"verdict.about_{kind}", resamples=RESAMPLES)
        for over, kind in _KINDS.items()
        if over in present
    ]
    if any(one.comparisons > 1 for one in tested):
        lines.append(say("verdict.about_correction", level=say.decimal(1 - CONFIDENCE, 2)))
    return tuple(lines)


def p_text(p: float, say: Language) -> str:
    """A p-value to three places; smaller ones are not told apart.

    >>> from imagette.report.language import language
    >>> p_text(0.0312, language("en")), p_text(1e-9, language("fr"))
    ('p = 0.031', 'p < 0,001')
    """
    return f"p < {say.decimal(_SURE, 3)}" if p < _SURE else f"p = {say.decimal(p, 3)}"


def _chance(found: Difference, say: Language) -> str:
    assert found.p is not None
    if found.comparisons == 1 or found.corrected is None:
        return p_text(found.p, say)
    return say("verdict.corrected", p=p_text(found.corrected, say), comparisons=found.comparisons)


def _bounds(interval: Interval, sign: int, say: Language) -> str:
    low, high = sorted(sign * bound for bound in interval)
    apart = "; " if say.name == "fr" else ", "  # in French the comma is the decimal sign
    return f"[{_points(low, say)}{apart}{_points(high, say)}]"


def _points(share: float, say: Language) -> str:
    return say.decimal(round(100 * share, 2) + 0.0)  # no minus before a zero
