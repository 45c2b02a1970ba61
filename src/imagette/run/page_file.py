"""A page as a file, in one form or another."""

from pathlib import Path
from typing import Literal

from imagette.plain import legible
from imagette.report.blocks import Page
from imagette.report.language import Language
from imagette.report.markdown import page_markdown
from imagette.report.page import page_html
from imagette.store.whole import write_whole

Form = Literal["html", "md"]


def write_page(path: Path, page: Page, form: Form, say: Language) -> None:
    """Write the page whole, as one HTML file or as Markdown; raises StoreError if it cannot be."""
    text = page_html(page, say) if form == "html" else page_markdown(page, say)
    write_whole(path, legible(text).encode())
