"""How far its probabilities can be trusted."""

from imagette.evaluate.calibration import Calibration
from imagette.report.blocks import Drawing, Fact, Facts, Section, Text
from imagette.report.language import Language
from imagette.report.reliability import reliability_figure

_FAR = 0.05  # of mean confidence from accuracy: from there on it is worth a word


def calibrated(found: Calibration, say: Language) -> Section:
    """The expected calibration error, what it means in words, and the reliability diagram."""
    facts = (
        Fact(
            say("calibration.error"),
            say.percent(found.expected_error, 2),
            say("calibration.error_help", bins=len(found.bins)),
        ),
        Fact(say("calibration.mean_confidence"), say.percent(found.confidence)),
        Fact(say("calibration.mean_accuracy"), say.percent(found.accuracy)),
    )
    figures = {
        "error": say.percent(found.expected_error, 2),
        "confidence": say.percent(found.confidence),
        "accuracy": say.percent(found.accuracy),
    }
    alt = say("calibration.alt", **figures)
    drawing = Drawing(reliability_figure(found, say), alt, say("calibration.caption"))
    return Section(
        "calibration", say("calibration.title"), (Facts(facts), _in_words(found, say), drawing)
    )


def _in_words(found: Calibration, say: Language) -> Text:
    excess = found.confidence - found.accuracy
    if abs(excess) < _FAR:
        return Text(say("calibration.fair"), "good")
    return Text(say("calibration.over" if excess > 0 else "calibration.under"), "note")
