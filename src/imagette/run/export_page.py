"""What the page of `export --to web` says of a run, in its reader's language."""

from collections.abc import Mapping
from pathlib import Path

from imagette.data.framing import Framing
from imagette.evaluate.evaluation import Evaluation
from imagette.export.about import About, Fact
from imagette.export.web.runtime import VERSION
from imagette.network.cost import OPERATIONS
from imagette.network.graph import Shape
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record, read_record
from imagette.report.sections.objective import network_name
from imagette.report.sections.result import split_name
from imagette.report.sections.surroundings import test_verdict
from imagette.run.framing import framing_of_run
from imagette.run.ready import Ready
from imagette.run.state import state_of

LARGEST_SIDE = 2048
"""Pixels; `page.js` has the same number, and the browser makes larger pictures smaller."""

_SECTION = "web."


def about_page(opened: Ready, split: str, say: Language, data_dir: Path | None = None) -> About:
    """The words and figures of a run's page; its examples are of `split`."""
    state = state_of(opened.folder)
    record = read_record(opened.folder, state.word, state.reason)
    framing, _ = framing_of_run(opened, data_dir)
    data = shown(record.data_name)
    network = network_name(record.resolved["network"])
    version = shown(record.environment.get("imagette") or "?")
    step, title = opened.saved.step, shown(record.title)
    judged = _judged(record, step)
    return About(
        language=say.name,
        title=title,
        subtitle=say("web.subtitle", network=network, data=data),
        facts=_facts(record, judged, say),
        notes=_notes(record, opened, bool(judged), framing, say),
        rules=_rules(framing, opened.saved.card.input_shape, say),
        about_examples=say(f"web.about_{split}"),
        network_text=record.network_text.strip(),
        footer=say("web.footer", version=version, title=title, step=step, runtime=VERSION),
        words=_words(say),
        framing=framing,
    )


def _words(say: Language) -> dict[str, str]:
    """Those of the page itself; what has holes is filled in by its script."""
    return {
        key.removeprefix(_SECTION): form
        for key, form in say.words.items()
        if key.startswith(_SECTION) and isinstance(form, str)
    }


def _facts(record: Record, judged: Mapping[str, Evaluation], say: Language) -> tuple[Fact, ...]:
    """Accuracy on validation, and on the test set if it was opened; what the network costs."""
    accuracies = [
        Fact(
            say("result.accuracy_on", split=split_name(split, say)),
            say.percent(one.accuracy, 2),
            say("result.interval", interval=say.between(one.interval), n=one.n),
        )
        for split, one in judged.items()
    ]
    cost = record.cost
    operations = sum(cost["cost"][kind] for kind in OPERATIONS)
    return (
        *accuracies,
        Fact(say("network.trainable"), say.integer(cost["parameters"])),
        Fact(say("result.operations"), say.scaled(operations), say("result.forward")),
    )


def _judged(record: Record, step: int) -> dict[str, Evaluation]:
    """What was found of the very weights that are exported, by split; an early row has no step."""
    found = {
        name.partition("-")[0]: one
        for name, one in record.evaluations.items()
        if record.figures[name].get("checkpoint", step) == step
    }
    return {split: found[split] for split in ("validation", "test") if split in found}


def _notes(
    record: Record, opened: Ready, is_judged: bool, framing: Framing | None, say: Language
) -> tuple[str, ...]:
    return (
        *(() if is_judged else (say("web.not_judged"),)),
        test_verdict(record, say)[0],
        say("web.sure", n=len(opened.class_names)),
        *(() if framing else (say("web.drawings"),)),
    )


def _rules(framing: Framing | None, input_shape: Shape, say: Language) -> tuple[str, ...]:
    _, height, width = input_shape
    same = say("web.rule_same", longest=LARGEST_SIDE)
    if framing is None:
        return say("web.rule_full", width=width, height=height), same
    tone = "light" if framing.is_lighter else "dark"
    framed = say(
        "web.rule_framed",
        kind=say(f"web.kind_{tone}"),
        kind_short=say(f"web.short_{tone}"),
        extent=say.decimal(framing.extent, 0),
        side=max(height, width),
        centred=say(f"web.centred_{framing.centred}"),
    )
    return framed, same
