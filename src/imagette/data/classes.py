"""Names of classes: what they may be, and the other words people use for them."""

from collections.abc import Sequence

from imagette.errors import DataError, UsageError, nearest
from imagette.plain import short

LONGEST = 255
"""Characters of a class name."""

_ALIASES = (
    {"airplane", "plane", "aeroplane"},
    {"automobile", "car"},
    {"t-shirt/top", "t-shirt", "tshirt", "top"},
    {"ankle boot", "boot"},
)


def class_index(class_names: Sequence[str], word: str) -> int:
    """The label of the class called `word`: its name, an alias of it, or its number.

    Capitals do not matter where no name has the same ones, and a number is one only where no name
    is. Raises UsageError for an unknown word.

    >>> class_index(("airplane", "automobile"), "car")
    1
    >>> class_index(("0", "1", "10", "2"), "2")
    3
    """
    exact = word.strip()
    wanted = exact.lower()
    words = next((group for group in _ALIASES if wanted in group), {wanted})
    for fits in (
        [name == exact for name in class_names],
        [name.lower() in words for name in class_names],
        [str(label) == exact for label in range(len(class_names))],
    ):
        if any(fits):
            return fits.index(True)
    raise UsageError(f"{word!r} is not a class. {nearest(word, class_names)}")


def check_names(class_names: Sequence[str], origin: str) -> None:
    """Refuses names that are empty, that no file could have, or that are there twice.

    Raises DataError naming the class.

    >>> check_names(("cat", "dog"), "it")
    >>> check_names(("cat", "cat"), "it")
    Traceback (most recent call last):
    imagette.errors.DataError: Two classes of 'it' are called 'cat': rename one.
    """
    seen: set[str] = set()
    for name in class_names:
        if not name.strip() or len(name) > LONGEST or "\0" in name:
            raise DataError(
                f"The class {short(repr(name))} of {origin!r} must have a name of 1 to {LONGEST} "
                "characters: rename it."
            )
        if name in seen:
            raise DataError(f"Two classes of {origin!r} are called {name!r}: rename one.")
        seen.add(name)
