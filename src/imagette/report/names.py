"""Names that users gave, as they may stand in a line of a page."""

import unicodedata

from imagette.plain import legible

_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # controls, directions, private ones, line ends
_KEPT = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}  # letters of some scripts need them
LONGEST = 120
"""Characters of a name; `shown` cuts what is longer."""


def shown(name: object, longest: int = LONGEST) -> str:
    r"""A name on one line: no control sign, no mark that turns the line's direction, not endless.

    >>> shown("one\n  line"), shown("\u202egnp.cat")
    ('one line', 'gnp.cat')
    """
    kept = "".join(_plain(sign) for sign in legible(str(name)))
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def _plain(sign: str) -> str:
    if sign.isspace():
        return " "
    return sign if sign in _KEPT or unicodedata.category(sign) not in _INVISIBLE else ""
