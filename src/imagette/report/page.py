"""A page as one HTML file: no request leaves it, and nothing that a user named can act in it."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from imagette.report.blocks import Matrix, Page, Sheet
from imagette.report.inline import data_uri, responsive_html
from imagette.report.language import Language
from imagette.report.matrix import LARGEST_TABLE, matrix_svg


def page_html(page: Page, language: Language) -> str:
    """The page as the text of an HTML file, complete in itself."""
    template = _environment().get_template("page.html")
    return template.render(
        page=page,
        say=language,
        style=_look() + _asset("style.css"),
        script=_asset("script.js"),
        rule=_only_our_script(),
        sheet=_sheet_style(page.sheet),
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("imagette.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["drawing"] = lambda one: responsive_html(one.figure, one.narrow, one.alt)
    made.filters["script_json"] = script_json
    made.filters["matrix_data"] = matrix_data
    made.filters["matrix_svg"] = matrix_svg
    made.globals["LARGEST_TABLE"] = LARGEST_TABLE
    return made


@cache
def _look() -> Markup:
    """Palette and letters, which the report shares with the page of `export --to web`."""
    return Markup((files("imagette") / "look.css").read_text(encoding="utf-8"))


@cache
def _asset(name: str) -> Markup:
    """A file of ours beside the templates, as it is."""
    return Markup((files("imagette.report") / "templates" / name).read_text(encoding="utf-8"))


def _only_our_script() -> str:
    """The page's rule for a browser: no request, and no script but this one."""
    digest = b64encode(sha256(_asset("script.js").encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def _sheet_style(sheet: Sheet | None) -> Markup:
    """The sheet of pictures as one background, which every picture of the page shows a part of."""
    if sheet is None:
        return Markup("")
    shape = {
        "--sheet": f"url({data_uri(sheet.data, sheet.media)})",
        "--sheet-columns": sheet.columns,
        "--sheet-rows": sheet.rows,
        "--sheet-ratio": f"{sheet.width} / {sheet.height}",
    }
    return Markup(":root {" + "".join(f"{name}: {value}; " for name, value in shape.items()) + "}")


def script_json(value: Any) -> Markup:
    r"""JSON that can stand inside a script element: nothing in it ends the element.

    >>> script_json("</script>")
    Markup('"\\u003c/script\\u003e"')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def matrix_data(matrix: Matrix) -> dict[str, Any]:
    """What the page's script knows of a matrix: names, and of each cell its count and pictures."""
    behind = {(row, column): places for row, column, places in matrix.behind}
    cells = [
        [row, column, count, list(behind.get((row, column), ()))]
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
        if count
    ]
    return {"names": list(matrix.names), "cells": cells}
