"""Figures and pages, from values.

Where no home folder can be written, matplotlib keeps its fonts in a temporary folder and says so in
two lines on its logger: no news for who asked for a figure.
"""

import logging

_ASIDE = ("mkdir -p failed for path", "Matplotlib created a temporary")


def _is_news(record: logging.LogRecord) -> bool:
    return not record.msg.startswith(_ASIDE)


logging.getLogger("matplotlib").addFilter(_is_news)
