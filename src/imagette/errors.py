"""The errors a user may see: one line that names the thing, the rule, what came and the remedy."""

from collections.abc import Iterable
from difflib import get_close_matches


class ImagetteError(Exception):
    """A failure told in one line; the command line prints it and exits with `exit_code`."""

    exit_code = 1


class UsageError(ImagetteError):
    """The user's mistake: a wrong name, key, value or network."""

    exit_code = 2


class DataError(ImagetteError):
    """Data that cannot be had, or are not what they should be."""


class StoreError(ImagetteError):
    """A run folder, or a file in it, that cannot be written or read back."""


class TrainingError(ImagetteError):
    """A training that cannot go on, such as a loss that is not a number."""


class ExportError(ImagetteError):
    """A network that a format cannot hold, or a file that does not compute what it should."""


class MissingExtra(ImagetteError):
    """An optional package is absent: says what needs it and the install command.

    `instead` is what else would do, as it follows that command.
    """

    def __init__(self, what: str, extra: str, instead: str = "") -> None:
        super().__init__(f"{what} is not installed: pip install 'imagette[{extra}]'{instead}")


def nearest(word: str, choices: Iterable[str]) -> str:
    """What to say after refusing `word`: the closest choice if there is one, and all choices.

    >>> nearest("rleu", ["relu", "gelu"])
    "Did you mean 'relu'? Choices: gelu, relu."
    """
    ordered = sorted(choices)
    close = get_close_matches(word, ordered, n=1, cutoff=0.6)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    return f"{hint}Choices: {', '.join(ordered)}."
