"""Names of classes, and the other words people use for them."""

from collections.abc import Sequence

from imagette.errors import UsageError, nearest

_ALIASES = (
    {"airplane", "plane", "aeroplane"},
    {"automobile", "car"},
    {"t-shirt/top", "t-shirt", "tshirt", "top"},
    {"ankle boot", "boot"},
)


def class_index(class_names: Sequence[str], word: str) -> int:
    """The label of the class called `word`: its name, an alias of it, or its number.

    Capitals do not matter. Raises UsageError for an unknown word.

    >>> class_index(("airplane", "automobile"), "car")
    1
    """
    wanted = word.strip().lower()
    words = next((group for group in _ALIASES if wanted in group), {wanted})
    for index, name in enumerate(class_names):
        if name.lower() in words or str(index) == wanted:
            return index
    raise UsageError(f"{word!r} is not a class. {nearest(word, class_names)}")
