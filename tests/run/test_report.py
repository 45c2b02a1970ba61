"""The page of a run, from its folder."""

from pathlib import Path

import pytest

from imagette.errors import StoreError, UsageError
from imagette.experiment import load
from imagette.run.report import report_run
from imagette.run.train import train_experiment
from imagette.train.events import Stop


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A finished run of the sample, short."""
    out = tmp_path_factory.mktemp("report") / "run"
    *_, ended = train_experiment(short(), out=out)
    return ended.folder.path


def short(*settings: str):
    return load("first_light", ["data.limit=300", "recipe.epochs=2", *settings])


def test_the_page_stands_in_the_run_folder_and_is_made_anew(small):
    path = report_run(small)
    assert path == small / "report.html"
    first = path.read_text()
    path.write_text("old")
    assert report_run(small).read_text() == first


def test_another_file_is_not_written_over_unasked(small, tmp_path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    with pytest.raises(UsageError, match=r"page.html' exists: give --overwrite"):
        report_run(small, out=out)
    assert out.read_text() == "mine"
    assert report_run(small, out=out, overwrite=True).read_text().startswith("<!DOCTYPE html>")


def test_every_part_of_the_account_is_on_the_page(small):  # 001-40
    text = report_run(small).read_text()
    anchors = (
        *("objective", "data", "network", "recipe", "learning", "result", "confusion"),
        *("mistakes", "cost", "test", "environment", "again"),
    )
    assert [name for name in anchors if f'<section id="{name}"' not in text] == []


def test_the_page_is_french_where_asked(small, tmp_path):
    text = report_run(small, lang="fr", out=tmp_path / "fr.html").read_text()
    assert '<html lang="fr">' in text
    assert "Matrice de confusion" in text
    assert "Confusion matrix" not in text


def test_an_unfinished_run_has_a_page_that_says_what_is_missing(tmp_path):
    events = train_experiment(short(), out=tmp_path / "run")
    answer = None
    for _ in range(60):
        try:
            event = events.send(answer)
        except StopIteration:
            break
        if type(event).__name__ == "EpochRow" and event.figures["epoch"] == 1:
            answer = Stop("stopped by Ctrl-C")
    text = report_run(tmp_path / "run").read_text()
    assert "This run was stopped before its end: stopped by Ctrl-C." in text
    assert "The run was not evaluated" in text
    assert '<section id="confusion"' not in text


def test_a_run_without_an_epoch_has_a_page_too(make_run):
    text = report_run(make_run(accuracies=(0.1,), finished=False).path).read_text()
    assert "This run is not finished" in text
    assert "there are no curves yet" in text


def test_data_that_are_not_here_are_named_and_the_rest_is_shown(make_run):
    folder = make_run(data={"name": "cifar10"})
    text = report_run(folder.path).read_text()
    assert '<section id="network"' in text


def test_what_is_no_run_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="is not a run"):
        report_run(tmp_path / "nothing")


def test_a_run_of_a_later_version_is_refused_with_the_remedy(make_run):
    folder = make_run()
    marker = folder.path / "environment.json"
    marker.write_text(marker.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(StoreError, match=r"format 99, newer than 1.*update imagette"):
        report_run(folder.path)


def test_hostile_titles_and_classes_are_text_on_the_page(make_run):
    evil = "</title><script>alert(1)</script>"
    text = report_run(make_run(title=evil).path).read_text()
    assert "<script>alert" not in text
    assert "&lt;/title&gt;&lt;script&gt;" in text
