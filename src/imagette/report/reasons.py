"""Why a run ended: the words in its folder, as values, so that a page says them in its language."""

import re

from imagette.report.language import Language
from imagette.report.names import shown

_KNOWN = {
    "reason.done": r"all epochs are done",
    "reason.fitted": (
        r"(?P<epochs>[\d.]+) epochs fitted into the (?P<minutes>[\d.e+]+) min of the budget"
    ),
    "reason.stagnant": (
        r"(?P<figure>\w+) has not improved since epoch (?P<epoch>\d+) "
        r"\(patience (?P<patience>\d+)\)"
    ),
    "reason.key": r"stopped by Ctrl-C",
    "reason.system": r"stopped by the system \(SIGTERM\)",
}


def told(reason: str, say: Language) -> str:
    """The reason in the page's language; one that is not known, such as an error, as it is.

    >>> from imagette.report.language import language
    >>> told("all epochs are done", language("fr"))
    'toutes les époques sont faites'
    """
    for key, form in _KNOWN.items():
        found = re.fullmatch(form, reason)
        if found:
            return say(key, **{name: _value(text, say) for name, text in found.groupdict().items()})
    return shown(reason)


def _value(text: str, say: Language) -> str:
    if text in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        return say(f"figure.{text}")
    number = float(text)
    return say.integer(int(number)) if number.is_integer() else say.decimal(number)
