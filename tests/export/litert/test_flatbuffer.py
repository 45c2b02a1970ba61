"""The bytes of a file, read back with the format's own schema and by its own interpreter."""

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.errors import ExportError
from imagette.export.litert.flatbuffer import serialised
from imagette.export.litert.interpreter import runner
from imagette.export.litert.lower import lowered
from imagette.export.litert.simplify import simplified
from imagette.export.litert.versions import operators
from imagette.network import parse, walk

TEXT = "conv 6 3x3 stride=2; relu; conv 6 3x3 groups=3 dilation=2; flatten; linear classes"


@pytest.fixture(scope="module")
def program():
    graph = walk(parse(TEXT), (3, 20, 24), classes=7)
    return simplified(
        lowered(graph, first_weights(graph, seed=0), Preprocess((0.4,) * 3, (0.2,) * 3))
    )


@pytest.fixture(scope="module")
def data(program):
    return serialised(program, "a title")


def test_constants_lie_where_a_microcontroller_can_read_them_in_place(data):
    model = schema.Model.GetRootAs(data, 0)
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    buffers = [model.Buffers(i).DataAsNumpy() for i in range(model.BuffersLength())]
    places = [
        b.__array_interface__["data"][0] - start for b in buffers if isinstance(b, np.ndarray)
    ]
    assert len(places) > 5
    assert [place % 16 for place in places] == [0] * len(places)


def test_the_file_says_what_it_takes_and_gives_for_any_number_of_images(data):  # 004-37
    assert data[4:8] == b"TFL3"
    interpreter = Interpreter(model_content=data)
    (image,), (logits,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (image["name"], image["dtype"]) == ("image", np.uint8)
    assert image["shape_signature"].tolist() == [-1, 20, 24, 3]
    assert (logits["name"], logits["dtype"]) == ("logits", np.float32)
    assert logits["shape_signature"].tolist() == [-1, 7]
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["image"], "outputs": ["logits"]}
    }


def test_a_signature_runs_any_batch_by_name(data):
    images = np.random.default_rng(0).integers(0, 256, (5, 20, 24, 3)).astype(np.uint8)
    run = Interpreter(model_content=data).get_signature_runner()
    np.testing.assert_array_equal(run(image=images)["logits"], runner(data)(images))


def test_operators_are_listed_with_the_version_that_they_need(program):
    assert operators(program) == [
        {"name": "CONV_2D", "version": 1, "count": 1},
        {"name": "CONV_2D", "version": 6, "count": 1},
        {"name": "DEQUANTIZE", "version": 1, "count": 1},
        {"name": "FULLY_CONNECTED", "version": 1, "count": 1},
        {"name": "RESHAPE", "version": 1, "count": 1},
    ]


def test_a_file_that_the_runtime_does_not_know_is_told_in_one_line(data):
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    model.operatorCodes[0].version = 99
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    with pytest.raises(ExportError, match=r"^LiteRT does not load the file: .*CONV_2D.*$"):
        runner(bytes(builder.Output()))


def test_what_the_library_says_on_its_own_is_not_heard(data, capfd):
    runner(data)
    assert capfd.readouterr().err == ""


def test_a_program_without_standard_error_runs_it_too(data, monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert runner(data)(np.zeros((1, 20, 24, 3), np.uint8)).shape == (1, 7)
