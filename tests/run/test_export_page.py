"""The page of a run: what it says, and the folder that it comes in."""

import hashlib
import json
from dataclasses import replace

import pytest

from imagette.export.exported import NotExported
from imagette.export.web import runtime
from imagette.report.language import language
from imagette.run.export import export_run
from imagette.run.export_page import about_page
from imagette.run.framing import framing_of_run
from imagette.run.ready import ready
from imagette.store.folder import RunFolder


@pytest.fixture(scope="module")
def opened_run(small_run):
    return ready(small_run)


@pytest.fixture
def ort(tmp_path, monkeypatch):
    """A folder that passes for onnxruntime-web's: what is in it is not looked at here."""
    contents = {name: name.encode() for name in runtime.DIGESTS}
    folder = tmp_path / "ort"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    digests = {k: f"sha256:{hashlib.sha256(v).hexdigest()}" for k, v in contents.items()}
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    return folder


def test_the_page_tells_the_figures_of_the_run_and_that_the_test_set_is_sealed(opened_run):
    about = about_page(opened_run, "validation", language("en"))
    cost = RunFolder.open(opened_run.folder.path).cost()
    facts = {fact.name: fact.value for fact in about.facts}
    judged = opened_run.folder.evaluation_figures("validation")
    assert facts["accuracy on validation"] == f"{100 * judged['accuracy']:.2f}\u00a0%"
    assert facts["trainable parameters"] == f"{cost['parameters']:,}"
    assert about.notes[0].startswith("Sealed: this run never put the test images")
    assert about.framing == framing_of_run(opened_run, None)[0]
    assert "conv 4 5x5" in about.network_text


def test_figures_of_other_weights_are_not_told_of_these(opened_run):
    other = replace(opened_run, saved=replace(opened_run.saved, step=1))
    about = about_page(other, "validation", language("en"))
    assert [fact.name for fact in about.facts] == ["trainable parameters", "operations an image"]
    assert about.notes[0] == "Its accuracy is not known: these weights were not evaluated."


def test_the_french_page_has_french_words_and_signs(opened_run):
    about = about_page(opened_run, "train", language("fr"))
    assert about.language == "fr"
    assert about.notes[0].startswith("Scellé\u00a0: ")
    assert about.about_examples.startswith("Du jeu d'entraînement")
    assert about.words["percent"] == "{n}\u202f%"


def test_the_folder_is_the_onnx_export_with_a_page_around_it(
    small_run, tmp_path, ort
):  # 004-35, 004-44
    (page, alone) = export_run(small_run, ["web", "onnx"], out=tmp_path / "out", ort=ort)
    assert page.passed
    assert page.file.read_bytes() == alone.file.read_bytes()
    certificate = json.loads((page.path / "certificate.json").read_text())
    assert certificate["largest_difference"] <= certificate["tolerance"]
    assert any("imagette's own tests" in note for note in certificate["notes"])
    beside = {path.relative_to(page.path).as_posix() for path in page.path.rglob("*")}
    assert {"index.html", "page.js", "style.css", "runtime/ort.js", "examples.png"} <= beside
    assert "predict.py" not in beside


def test_without_the_runtime_no_page_is_left_behind_and_the_others_go_on(small_run, tmp_path, ort):
    (ort / runtime.PROGRAM).unlink()
    ended = export_run(small_run, ["web", "onnx"], out=tmp_path / "out", ort=ort)
    page, alone = ended
    assert isinstance(page, NotExported)
    assert "npm pack onnxruntime-web" in str(page.error)
    assert alone.passed
    assert not (tmp_path / "out/web").exists()
