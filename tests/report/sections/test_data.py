"""What a run learned from, on its page."""

from dataclasses import replace

import pytest

from imagette.report.language import language
from imagette.report.sections.data import DataFacts, data

EN, FR = language("en"), language("fr")
KNOWN = DataFacts(
    class_names=("cat", "dog"),
    input_shape=(3, 32, 30),
    statistics=((0.25,), (0.5,)),
    applied=((0.0,), (1.0,)),
    counts={"train": (30, 10), "validation": (3, 1)},
)


@pytest.fixture
def record(make_record):
    about = {"data": {"name": "x", "train": 40, "validation": 4, "source": "a disk"}}
    return replace(make_record(), environment=about)


def facts(section):
    return {fact.name: fact.value for fact in section.blocks[0].facts}


def test_classes_stand_side_by_side_with_their_shares(record):  # 002-06
    table = data(record, EN, KNOWN, None).blocks[1]
    assert [cell.text.replace("\xa0", " ") for cell in table.rows[0]] == [
        *("cat", "30", "75.0 %", "3", "75.0 %")
    ]
    assert [cell.text for cell in table.total] == ["all", "40", "", "4", ""]


def test_statistics_are_of_the_training_images_and_apart_from_what_is_applied(record):  # 003-05
    shown = facts(data(record, FR, KNOWN, None))
    assert shown["moyenne de chaque canal"] == "0,2500"
    assert shown["normalisation"] == "moyenne 0,0000 et écart type 1,0000"
    assert shown["une image"] == "3×32×30"


def test_data_that_are_not_here_are_said_to_be_missing(record):
    known = replace(KNOWN, statistics=None, counts={}, missing="fetch them")
    blocks = data(record, EN, known, None).blocks
    assert blocks[1].text == "Classes and pictures are missing: fetch them"
    assert facts(data(record, EN, known, None))["for training"] == "40 images"
