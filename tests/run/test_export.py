"""Exports of a real run: what lies in the folder, what is refused, and what goes on."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from imagette.errors import ExportError, StoreError, UsageError
from imagette.evaluate.losses import probabilities
from imagette.export import formats
from imagette.export.certificate import markdown
from imagette.export.exported import Exported, NotExported
from imagette.export.format import Format
from imagette.export.onnx.runtime import open_session, runner
from imagette.run.export import export_run
from imagette.run.ready import ready
from imagette.store.folder import RunFolder


@pytest.fixture(scope="module")
def exported(small_run, tmp_path_factory):
    (ended,) = export_run(small_run, ["onnx"], out=tmp_path_factory.mktemp("out") / "onnx")
    assert isinstance(ended, Exported)
    return ended


@pytest.fixture(scope="module")
def certificate(exported):
    return json.loads((exported.path / "certificate.json").read_text())


def test_the_folder_holds_the_model_the_network_and_the_run_s_own_words(
    exported, small_run
):  # 004-34, 004-35, 004-36
    assert {path.name for path in exported.path.iterdir()} == {
        "model.onnx",
        "predict.py",
        "classes.json",
        "certificate.json",
        "certificate.md",
        "resolved.json",
        "network.txt",
        "experiment.toml",
    }
    for name in ("resolved.json", "network.txt", "experiment.toml"):
        assert (exported.path / name).read_bytes() == (small_run / name).read_bytes()


def test_the_certificate_says_what_the_file_takes_and_gives(certificate):  # 004-37, 004-39
    assert certificate["inputs"] == [{"name": "image", "dtype": "uint8", "shape": ["N", 28, 28, 1]}]
    assert certificate["outputs"] == [{"name": "logits", "dtype": "float32", "shape": ["N", 10]}]
    assert certificate["opset"] == 17
    assert certificate["normalisation"]["inside_the_file"] is True
    assert certificate["bytes"] > 1000
    assert set(certificate["latency_ms"]) == {"1", "64"}
    assert certificate["versions"]["onnxruntime"]


def test_the_certificate_says_how_far_the_file_was_checked(certificate, small_run):  # 004-38
    assert certificate["passed"] is True
    assert 0 <= certificate["largest_difference"] <= certificate["tolerance"] == 1e-4
    assert set(certificate["differences"]) == {"1", "2", "7", "64"}
    assert certificate["images"] == {"split": "validation", "count": 1000}
    assert certificate["accuracy_engine"] == certificate["accuracy_file"]
    digest = RunFolder(small_run).load("last").weights_digest
    assert certificate["run"]["weights_sha256"] == digest


def test_the_file_gives_the_probabilities_of_the_other_engine_too(exported, small_run):
    other = ready(small_run, engine="jax")
    images = other.dataset().validation.images
    logits = other.model.predict(other.saved.weights, images, 10)
    found = runner(open_session((exported.path / "model.onnx").read_bytes()))(images)
    np.testing.assert_allclose(probabilities(found), probabilities(logits), atol=1e-5)


def test_what_is_there_is_refused_before_anything_is_computed(exported, small_run):  # 004-T4
    before = (exported.path / "certificate.json").read_bytes()
    (ended,) = export_run(small_run, ["onnx"], out=exported.path)
    assert isinstance(ended, NotExported)
    assert "give --overwrite" in str(ended.error)
    assert (exported.path / "certificate.json").read_bytes() == before


def test_overwrite_writes_it_again(small_run, tmp_path):  # 004-T4
    for overwrite in (False, True):
        (ended,) = export_run(small_run, ["onnx"], out=tmp_path / "o", overwrite=overwrite)
        assert isinstance(ended, Exported)


@pytest.fixture
def broken(monkeypatch):
    """A format that fails as a converter does, beside ONNX."""

    def write(*given):
        raise RuntimeError("no such\n thing")

    rows = {**formats.FORMATS, "broken": Format("broken", "broken", write)}
    monkeypatch.setattr("imagette.export.formats.FORMATS", rows)


def test_if_one_format_fails_it_says_why_and_the_rest_is_kept(broken, small_run, tmp_path):
    # 004-34
    failed, kept = export_run(small_run, ["broken", "onnx"], out=tmp_path)
    assert isinstance(failed, NotExported)
    assert isinstance(failed.error, ExportError)
    assert str(failed.error) == "small could not be written: RuntimeError: no such thing"
    assert isinstance(kept, Exported)
    assert kept.path == tmp_path / "onnx"


def test_a_wrong_file_is_kept_under_a_name_that_says_so(small_run, tmp_path, monkeypatch):
    # 004-T2, 004-38
    def write(trained, examples, options):
        moved = {name: value * np.float32(1.001) for name, value in trained.weights.items()}
        return formats.ONNX.write(replace(trained, weights=moved), examples, options)

    monkeypatch.setattr(
        "imagette.export.formats.FORMATS", {"onnx": replace(formats.ONNX, write=write)}
    )
    (ended,) = export_run(small_run, ["onnx"], out=tmp_path / "o")
    assert isinstance(ended, Exported)
    assert not ended.passed
    assert (tmp_path / "o" / "model.failed.onnx").is_file()
    assert not (tmp_path / "o" / "model.onnx").exists()
    said = json.loads((tmp_path / "o" / "certificate.json").read_text())
    assert (said["passed"], said["file"]) == (False, "model.failed.onnx")
    assert "**FAILED.**" in (tmp_path / "o" / "certificate.md").read_text()


def test_a_run_without_weights_is_refused(small_run, tmp_path):  # 004-T3
    shutil.copytree(small_run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    with pytest.raises(UsageError, match="is finished, but its checkpoints are gone"):
        list(export_run(tmp_path / "run", ["onnx"]))
    assert not (tmp_path / "run" / "exports").exists()


def test_formats_in_one_word_are_refused(small_run):
    with pytest.raises(UsageError, match=r"give it once for each\. Got 'onnx,web'\."):
        list(export_run(small_run, ["onnx,web"]))


def test_an_unknown_format_is_refused_with_the_nearest(small_run):
    with pytest.raises(UsageError, match="Did you mean 'onnx'"):
        list(export_run(small_run, ["onxx"]))


def test_an_option_that_no_format_knows_is_refused(broken, small_run, tmp_path):  # 004-34
    given = {"int8": True, "opset": 17, "lang": "en", "ort": tmp_path}
    for name, value in given.items():
        with pytest.raises(UsageError, match=rf"^--{name} is for .*(onnx|web)\. Got broken: leave"):
            list(export_run(small_run, ["broken"], **{name: value}))


def test_a_format_says_which_option_of_another_it_was_made_without(
    small_run, monkeypatch, tmp_path
):
    # 004-34
    taken = replace(formats.ONNX, name="deaf", has_opset=False)
    monkeypatch.setattr("imagette.export.formats.FORMATS", {**formats.FORMATS, "deaf": taken})
    onnx, deaf = export_run(small_run, ["onnx", "deaf"], opset=17, out=tmp_path / "o")
    assert "--opset is not for deaf: made without it" in deaf.certificate.notes
    assert not onnx.certificate.notes


def test_an_unfinished_run_says_which_weights_these_are(small_run, tmp_path):
    shutil.copytree(small_run, tmp_path / "run")
    (tmp_path / "run" / "finished.json").unlink()
    (ended,) = export_run(tmp_path / "run", ["onnx"])
    assert any("weights of step" in note for note in ended.certificate.notes)


def test_the_engine_computes_where_the_file_does(small_run, tmp_path, monkeypatch):  # 004-41
    """A run of a GPU is compared on the processor: one rounds float32 less finely."""
    asked = []

    def watched(*given, **options):
        asked.append(options["device"])
        return ready(*given, **options)

    monkeypatch.setattr("imagette.run.export.ready", watched)
    (ended,) = export_run(small_run, ["onnx"], out=tmp_path / "o")
    assert (asked, ended.passed) == (["cpu"], True)


def test_a_missing_library_names_its_extra(small_run, monkeypatch):
    row = replace(formats.ONNX, needs={"no_such_module": "onnx"})
    monkeypatch.setattr("imagette.export.formats.FORMATS", {"onnx": row})
    (ended,) = export_run(small_run, ["onnx"])
    assert isinstance(ended, NotExported)
    assert str(ended.error).endswith("is not installed: pip install 'imagette[onnx]'")


def test_what_a_strangers_run_leads_to_is_not_handed_on(small_run, tmp_path):
    run, secret = tmp_path / "run", tmp_path / "id_ed25519"
    shutil.copytree(small_run, run)
    secret.write_text("a private key")
    (run / "experiment.toml").unlink()
    (run / "experiment.toml").symlink_to(secret)
    with pytest.raises(StoreError, match=r"experiment\.toml is a link, and none is read"):
        list(export_run(run, ["onnx"], out=tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_names_and_titles_stay_words_in_the_certificate(exported):
    hostile = "evil\n\n**Passed.** <script>"
    trained = replace(exported.certificate.trained, title=hostile, class_names=(hostile,) * 10)
    said = markdown(replace(exported.certificate, trained=trained))
    assert said.startswith("# evil \\*\\*Passed.\\*\\* \\<script\\>, exported to onnx\n")
    assert "<script>" not in said


def test_the_certificate_says_who_trained_and_who_compared(small_run, tmp_path):
    (ended,) = export_run(small_run, ["onnx"], out=tmp_path / "o", engine="jax")
    said = ended.certificate.as_json()
    assert (said["run"]["engine"], said["compared_with"]) == ("torch", "jax")
    assert "trained by torch, compared with jax on" in (ended.path / "certificate.md").read_text()
