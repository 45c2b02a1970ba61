"""The test set's record, the machine, and how to run again."""

from dataclasses import replace

import pytest

from imagette.report.language import language
from imagette.report.record import Openings
from imagette.report.sections.surroundings import again, environment, test_set as opened

EN, FR = language("en"), language("fr")
ROW = {"when": "2026-01-02T10:00:00+00:00", "run": "/elsewhere", "weights_digest": "ab" * 32}


@pytest.fixture
def record_with(make_record):
    def make(known=(), own=(), broken_at=None, **run):
        return replace(make_record(**run), openings=Openings(known, own, broken_at))

    return make


def test_a_sealed_test_set_is_said_to_be_sealed(record_with):  # 000-12
    verdict = opened(record_with(), EN).blocks[0]
    assert verdict.tone == "good"
    assert verdict.text.startswith("Sealed")


def test_openings_are_counted_with_the_day_of_the_first(record_with):
    other = {**ROW, "when": "2025-12-31T10:00:00+00:00", "run": "/other"}
    section = opened(record_with(known=(other, ROW), own=(ROW,)), EN)
    text = section.blocks[0].text
    assert "Opened 1 time for this run, on 2 January 2026, 10:00 UTC." in text
    assert "opened 2 times in all, the first on 31 December 2025" in text
    assert [row[2].text for row in section.blocks[1].rows] == ["/other", "this run"]


def test_a_watched_test_set_and_a_changed_record_are_marked(record_with):
    record = record_with(known=(ROW,), broken_at=1, evaluation={"test": "each-epoch"})
    watched, broken, *_ = opened(record, FR).blocks
    assert watched.tone == broken.tone == "bad"
    assert watched.text.startswith("Observé")
    assert "sa ligne 1 ne suit pas" in broken.text


def test_the_machine_and_the_versions_are_shown(make_record):
    about = {"processor": "Zen", "numpy": "2.0", "memory_bytes": 2**31, "jax": None}
    facts = environment(replace(make_record(), environment=about), FR).blocks[0].facts
    assert {fact.name: fact.value for fact in facts} == {
        "processeur": "Zen",
        "mémoire": "2,0 Gio",
        "numpy": "2.0",
    }


def test_the_device_is_told_in_the_language_of_the_page(make_record):
    def device(words):
        record = replace(make_record(), environment={"device": words})
        return environment(record, FR).blocks[0].facts[0].value

    told = device("torch 2.6 on processor (2 cores), 2 threads, float32").replace("\xa0", " ")
    assert told == "torch 2.6 sur le processeur (cœurs : 2), 2 fils d'exécution, float32"
    assert device("torch 2.6 on a <card>") == "torch 2.6 on a <card>"


def test_the_commands_that_make_it_again_are_quoted_for_a_shell(make_record):
    record = make_record(folder="a folder")
    commands = [block.text for block in again(record, EN).blocks if block.kind == "code"]
    assert commands[0].startswith("imagette train '")
    assert commands[0].endswith("a folder/resolved.json'")
