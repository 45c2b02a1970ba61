"""The languages of a page: its words from one table, its numbers as their readers write them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from imagette.errors import UsageError, nearest

LANGUAGES = ("en", "fr")

NO_BREAK = "\N{NO-BREAK SPACE}"
_NARROW = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_DASH = "\N{EN DASH}"
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Language:
    r"""English ("en") or French ("fr"): call it with the key of a sentence and what fills it.

    Whole numbers are written as the language does; an entry that has two forms takes the one for
    `n`. A key that the table lacks is our mistake: KeyError.

    >>> french = language("fr")
    >>> french("unit.epochs", n=1), french.percent(0.8441)
    ('1 époque', '84,4\u202f%')
    """

    name: str
    words: Mapping[str, str | tuple[str, str]]

    def __call__(self, key: str, **values: object) -> str:
        form = self.words[key]
        if isinstance(form, tuple):
            form = form[not self._is_one(values["n"])]
        return form.format(**{name: self._filled(value) for name, value in values.items()})

    def integer(self, number: int) -> str:
        r"""A whole number in groups of three digits.

        >>> language("en").integer(-62006), language("fr").integer(62006)
        ('−62,006', '62\u202f006')
        """
        return self._signed(f"{number:,}")

    def decimal(self, number: float, digits: int = 2) -> str:
        """So many digits after the point."""
        return self._signed(f"{number:,.{digits}f}")

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share from 0 to 1; a dash where there is none."""
        if share is None:
            return _DASH
        return f"{self.decimal(100 * share, digits)}{self._before_percent}%"

    def between(self, interval: tuple[float, float], digits: int = 1) -> str:
        r"""Two shares from 0 to 1 as one range of percents.

        >>> language("en").between((0.8256, 0.9448))
        '82.6–94.5\xa0%'
        """
        low, high = (self.decimal(100 * share, digits) for share in interval)
        return f"{low}{_DASH}{high}{self._before_percent}%"

    def seconds(self, seconds: float) -> str:
        """A duration to two or three digits.

        >>> english = language("en")
        >>> [english.seconds(s).replace(NO_BREAK, " ") for s in (0.0421, 7.32, 192.4, 3840)]
        ['0.042 s', '7.3 s', '3 min 12 s', '1 h 04 min']
        """
        if seconds == 0:
            return f"0{NO_BREAK}s"
        if seconds < _MINUTE:
            digits = 3 if seconds < 0.1 else 2 if seconds < 1 else 1
            return f"{self.decimal(seconds, digits)}{NO_BREAK}s"
        whole = round(seconds)
        if whole < _HOUR:
            return f"{whole // 60}{NO_BREAK}min{NO_BREAK}{whole % 60:02d}{NO_BREAK}s"
        hours, rest = divmod(whole, _HOUR)
        return f"{self.integer(hours)}{NO_BREAK}h{NO_BREAK}{rest // 60:02d}{NO_BREAK}min"

    def scaled(self, number: float) -> str:
        """Three digits and k, M, G or T.

        >>> language("fr").scaled(6_517_200_000).replace(NO_BREAK, " ")
        '6,52 G'
        """
        for size, unit in _UNITS:
            if abs(number) >= size:
                return f"{self._signed(f'{number / size:.3g}')}{NO_BREAK}{unit}"
        return self._signed(f"{number:.3g}")

    def moment(self, iso: str) -> str:
        """A time such as "2026-01-31T12:00:00+00:00" in words, in UTC; as it is if it is none."""
        try:
            when = datetime.fromisoformat(iso).astimezone(UTC)
        except ValueError:
            return iso
        month = self(f"month.{when.month}")
        return self(
            "page.moment", day=str(when.day), month=month, rest=f"{when:%Y}", at=f"{when:%H:%M}"
        )

    def _is_one(self, n: object) -> bool:
        assert isinstance(n, int | float)
        return n < 2 if self.name == "fr" else n == 1

    def _filled(self, value: object) -> object:
        return self.integer(value) if isinstance(value, int) else value

    def _signed(self, text: str) -> str:
        text = text.replace("-", _MINUS)
        if self.name == "fr":
            return text.replace(",", _NARROW).replace(".", ",")
        return text

    @property
    def _before_percent(self) -> str:
        return _NARROW if self.name == "fr" else NO_BREAK


@cache
def language(name: str) -> Language:
    """The language of that name; raises UsageError for one that the table does not have."""
    if name not in LANGUAGES:
        raise UsageError(f"{name!r} is no language of a page. {nearest(name, LANGUAGES)}")
    return Language(name, {key: _form(row[name], name) for key, row in table().items()})


@cache
def table() -> dict[str, dict[str, Any]]:
    """Every entry of `languages.toml` by its dotted key: what it is in each language."""
    text = (files("imagette.report") / "languages.toml").read_text(encoding="utf-8")
    parts = tomllib.loads(text)
    return {f"{part}.{key}": row for part, rows in parts.items() for key, row in rows.items()}


def _form(form: str | list[str], name: str) -> str | tuple[str, str]:
    if isinstance(form, str):
        return _spaced(form) if name == "fr" else form
    one, many = (str(_form(each, name)) for each in form)
    return one, many


def _spaced(text: str) -> str:
    """French spaces before and inside its signs, which no line may break."""
    text = re.sub(r" (?=[;!?%])", _NARROW, text)
    text = re.sub(r" (?=[:»])", NO_BREAK, text)
    return text.replace("« ", f"«{NO_BREAK}")
