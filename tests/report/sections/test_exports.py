"""The exports of a run on its page: what their certificates say, and no more."""

import json
from dataclasses import replace

import pytest

from imagette.report.language import language
from imagette.report.record import read_record
from imagette.report.sections.exports import exports
from imagette.store.exports import read_exports

EN, FR = language("en"), language("fr")
FIGURES = {
    "file": "model.onnx",
    "precision": "float32",
    "bytes": 25462,
    "fault": "",
    "largest_difference": 1.25e-6,
    "accuracy_engine": 0.755,
    "accuracy_file": 0.755,
}
INT8 = {**FIGURES, "file": "model.int8.failed.onnx", "fault": "too far", "accuracy_file": 0.7}


def texts(section):
    (table,) = section.blocks
    return [[cell.text for cell in row] for row in table.rows]


@pytest.fixture
def certified(make_record):
    return replace(make_record(), exports={"onnx": {**FIGURES, "run": {"step": 9}, "int8": INT8}})


def test_each_file_has_a_row_with_its_figures_and_its_verdict(certified):  # 004-35
    first, second = texts(exports(certified, EN))
    assert (first[0], first[1], first[2]) == ("onnx/model.onnx", "25,462", "9")
    assert (first[3], first[6]) == ("1.25e\N{MINUS SIGN}06", "passed")
    assert second[6] == "failed: too far"
    assert texts(exports(certified, FR))[1][6] == "échoué\N{NO-BREAK SPACE}: too far"


def test_a_run_without_exports_has_no_such_section(make_record):
    assert exports(make_record(), EN) is None


def test_a_damaged_certificate_is_left_out_and_a_link_is_not_followed(make_run, tmp_path):
    run = make_run()
    for name, text in (("onnx", json.dumps({**FIGURES, "run": {}})), ("broken", '{"file": 3}')):
        (run.path / "exports" / name).mkdir(parents=True)
        (run.path / "exports" / name / "certificate.json").write_text(text)
    (run.path / "exports" / "elsewhere").symlink_to(run.path / "exports" / "onnx")
    assert list(read_exports(run.path)) == ["onnx"]
    assert list(read_record(run, "finished", None).exports) == ["onnx"]
