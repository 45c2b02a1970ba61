"""The report of one run, as a page: its sections in the order in which one reads them."""

from dataclasses import dataclass

from imagette.report.blocks import (
    Block,
    Drawing,
    Page,
    Section,
    Sheet,
    Text,
    sections_with_content,
)
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.reasons import told
from imagette.report.record import Record
from imagette.report.sections.data import DataFacts, data
from imagette.report.sections.exports import exports
from imagette.report.sections.learning import learning
from imagette.report.sections.network import network
from imagette.report.sections.objective import network_name, objective
from imagette.report.sections.recipe import recipe
from imagette.report.sections.result import confusions, headline, result
from imagette.report.sections.spending import spending
from imagette.report.sections.surroundings import again, environment, test_set


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What needs the data's images or the network's weights; each is None where it is not here."""

    sheet: Sheet | None = None
    samples: Block | None = None
    behind: tuple[tuple[int, int, tuple[int, ...]], ...] = ()  # (true, predicted, places)
    mistakes: Section | None = None
    calibration: Section | None = None
    inside: Section | None = None
    diagram: Drawing | None = None


def run_page(record: Record, say: Language, known: DataFacts | None, seen: Pictures) -> Page:
    """Everything that is known of a run, and a word for each thing that is missing."""
    judged = record.evaluation
    sections = (
        objective(record, say),
        data(record, say, known, seen.samples),
        network(record, say, seen.diagram),
        recipe(record, say),
        learning(record, say),
        result(record, say),
        confusions(judged, say, seen.behind) if judged else None,
        seen.mistakes,
        seen.calibration,
        seen.inside,
        spending(record, say),
        test_set(record, say),
        environment(record, say),
        exports(record, say),
        again(record, say),
    )
    return Page(
        title=shown(record.title),
        subtitle=say(
            "page.subtitle",
            network=network_name(record.resolved["network"]),
            data=shown(record.data_name),
            when=say.moment(str(record.environment.get("time") or "")),
        ),
        sections=sections_with_content(sections),
        headline=headline(record, say),
        notices=tuple(_notices(record, say)),
        sheet=seen.sheet,
        footer=say(
            "page.footer",
            version=shown(record.environment.get("imagette") or "?"),
            path=shown(record.path, 400),
        ),
    )


def _notices(record: Record, say: Language) -> list[Text]:
    """What a reader must know before any figure."""
    notices = []
    if record.state != "finished":
        why = told(record.reason, say) if record.reason else say("page.no_reason")
        notices.append(Text(say(f"page.{record.state}", why=why), "missing"))
    if record.is_watched:
        notices.append(Text(say("page.watched"), "bad"))
    return notices
