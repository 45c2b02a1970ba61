"""Why a run ended or does not count, in the language of a page: the words of others, as values."""

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
    "reason.system": r"stopped by the system \((?P<signal>SIG\w+)\)",
    "reason.no_run": r"no finished run on one side",
    "reason.other_data": r"judged on another data set",
    "reason.no_image": r"judged on no image",
    "reason.no_seed": (
        r"(?P<name>.*): no seed in common with (?P<against>.*); one training of each is compared, "
        r"seed (?P<seed>\d+) against (?P<other_seed>\d+)"
    ),
    "reason.views": (
        r"(?P<name>.*): accuracy of (?P<views>\d+) views an image, averaged; "
        r"of one view (?P<share>[\d.]+) %, as in the figure"
    ),
    "reason.other_split": r"judged on (?P<split>\w+), (?P<name>.*) on (?P<other>\w+)",
    "reason.not_kept": (
        r"the last weights' answers on (?P<split>\w+) are not kept: (?P<command>.*)"
    ),
    "reason.twice": r"named twice, it counts once: (?P<path>.*)",
    "reason.seed_again": (
        r"not counted: (?P<path>.*): seed (?P<seed>\d+) again, a newer run of it counts"
    ),
    "reason.not_counted": (
        r"not counted: (?P<path>.*): (?P<state>.*), epoch (?P<epoch>[\d.]+) of (?P<epochs>\w+)"
    ),
    "reason.left_out": r"left out: (?P<why>.*)",
    "reason.on_test_watched": r"(?P<name>.*): on the test set, which was watched each epoch",
    "reason.on_test_opened": r"(?P<name>.*): on the test set, opened for its last weights",
    "reason.on_train": r"(?P<name>.*): on the training images, it measured no others",
}
_NUMBERS = (  # what else has digits is a name
    "epoch", "epochs", "minutes", "patience", "seed", "other_seed", "views", "share",
)  # fmt: skip
_SPLITS = ("train", "validation", "test")
_LONGEST = 400  # characters: paths and commands are among them


def told(reason: str, say: Language) -> str:
    """The reason in the page's language; one that is not known, such as an error, as it is.

    >>> from imagette.report.language import language
    >>> told("all epochs are done", language("fr"))
    'toutes les époques sont faites'
    """
    for key, form in _KNOWN.items():
        found = re.fullmatch(form, reason)
        if found:
            return say(
                key, **{name: _value(name, text, say) for name, text in found.groupdict().items()}
            )
    return shown(reason, _LONGEST)


def _value(name: str, text: str, say: Language) -> str:
    if text in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        return say(f"figure.{text}")
    if text in _SPLITS:
        return say(f"split.{text}")
    try:
        number = float(text) if name in _NUMBERS else None
    except ValueError:  # of a budget's: "budget"
        number = None
    if number is None:
        return shown(text, _LONGEST)
    return say.integer(int(number)) if number.is_integer() else say.decimal(number)
