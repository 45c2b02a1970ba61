"""The written account of a piece of work: its variants, its best system, and what is expected."""

import shlex
from dataclasses import replace

from imagette.report.blocks import Block, Code, Page, Section, Text, Ticks, Writing
from imagette.report.comparison_page import (
    Compared,
    curve_blocks,
    difference_blocks,
    price_blocks,
    run_blocks,
)
from imagette.report.expected import expected
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record
from imagette.report.sections.learning import learning
from imagette.report.sections.network import drawn, network
from imagette.report.sections.objective import objective
from imagette.report.sections.recipe import recipe
from imagette.report.sections.result import confusions, headline, result
from imagette.report.variants import variants_table


def account_page(found: Compared, best: Record, version: str, say: Language) -> Page:
    """The account over all variants and the best run, with a place for the author's discussion.

    Source 001 says what it holds: objective, variants and their performance, error curve, full
    description of the network, the best result under the constraints, and each class.
    """
    variants: tuple[Block, ...] = (
        variants_table(found.variants, found.against, say),
        *difference_blocks(found, say),
        *curve_blocks(found, say),
        *price_blocks(found, say),
    )
    classes = (confusions(best.evaluation, say),) if best.evaluation else ()
    mine = found.variant_of(best.path)
    name = shown(mine.name if mine else best.title)
    sections = (
        Section("expected", say("account.expected"), (Ticks(tuple(expected(found, best, say))),)),
        objective(best, say),
        Section("variants", say("compare.variants"), variants),
        Section("best", say("account.best_title"), (Text(say("account.best_is", name=name)),)),
        recipe(best, say),
        learning(best, say),
        _with_latex(network(best, say, drawn(best, say)), best, say),
        result(best, say),
        *classes,
        Section("discussion", say("account.discussion"), (Writing(say("account.prompt")),)),
        Section("runs", say("compare.remarks"), tuple(run_blocks(found, say))),
        Section("again", say("compare.again"), (Code(found.command),)),
    )
    return Page(
        title=say("account.title", title=shown(best.title)),
        subtitle=say("account.subtitle", n=len(found.variants), name=name),
        headline=headline(best, say),
        sections=sections,
        footer=say("compare.footer", version=version),
    )


def _with_latex(section: Section, best: Record, say: Language) -> Section:
    """The same table for a document, which is what a written account often becomes."""
    command = f"imagette describe {shlex.quote(best.path)} --latex"
    return replace(section, blocks=(*section.blocks, Text(say("account.latex", command=command))))
