r"""Text from elsewhere, as a terminal or a message may show it.

>>> is_plain("née"), is_plain("a\x1b[2J")
(True, False)
>>> print(plain("a\x1b[2J\u202eb"))
a\x1b[2J\u202eb
>>> short(ValueError("no\n such " + 9 * "file "), 20)
'no such file file...'
>>> legible("\udcc3\udca9t\udcff")
'ét\\xff'
"""

import re

# What Markdown, or the HTML that it lets through, would take for its own.
# An underscore within a word is its own: commands and names stay what they are.
_SIGNS = re.compile(r"([\\`*{}\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_]))")
_AT_THE_START = re.compile(r"^([-+:#]+|=+|\d+[.)])(?=\s|$)")

_JOINERS = str.maketrans("", "", "\u200c\u200d")  # invisible, and part of words and of emoji


def is_plain(text: str) -> bool:
    """Whether a terminal shows all of it in one line: no control, no turned direction."""
    return text.translate(_JOINERS).isprintable()


def plain(text: str) -> str:
    """The same text, what a terminal would obey written as an escape."""
    return text if is_plain(text) else "".join(c if is_plain(c) else _escaped(c) for c in text)


def legible(text: str) -> str:
    """The same text, the parts of file names that the locale could not read taken for UTF-8.

    Python keeps their bytes as lone surrogates (PEP 383), which no file and no figure can hold.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def short(said: object, most: int = 160) -> str:
    """What a library or a stranger says, in one line of at most so many characters."""
    text = plain(" ".join(str(said).split()))
    return text if len(text) <= most else f"{text[: most - 3]}..."


def in_markdown(text: str) -> str:
    r"""Text on one line that Markdown shows as it is.

    >>> print(in_markdown("a_b | <b>*c*</b>"))
    a_b \| \<b\>\*c\*\</b\>
    """
    line = _SIGNS.sub(r"\\\1", " ".join(text.split()))
    return _AT_THE_START.sub(_kept_at_the_start, line)


def _kept_at_the_start(found: re.Match[str]) -> str:
    """A sign or a number that would begin a list or a heading."""
    sign = found[1]
    return f"{sign[:-1]}\\{sign[-1]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
