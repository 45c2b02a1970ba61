"""The int8 file of a small trained run: what it holds, what calibrated it, what it costs."""

import json

import numpy as np
import pytest

from imagette.export.format import Options
from imagette.export.onnx.format import write
from imagette.export.onnx.int8 import int8_bytes
from imagette.export.onnx.model import onnx_bytes
from imagette.export.onnx.runtime import open_session, runner
from imagette.run.export import export_run


@pytest.fixture(scope="module")
def written(trained, examples):
    return write(trained, examples, Options(int8=True))


def test_the_int8_file_lies_beside_the_float32_one(written):
    assert [(one.name, one.precision) for one in written.models] == [
        ("model.onnx", "float32"),
        ("model.int8.onnx", "int8"),
    ]


def test_its_weights_are_int8_with_a_scale_for_each_channel(written):
    import onnx
    from onnx import TensorProto, numpy_helper

    model = onnx.load_from_string(written.models[1].data)
    arrays = {one.name: one for one in model.graph.initializer}
    kinds = {one.data_type for one in arrays.values() if len(one.dims) == 4}
    assert kinds == {TensorProto.INT8}
    scales = [numpy_helper.to_array(one).shape for name, one in arrays.items() if "scale" in name]
    assert (4,) in scales  # of the convolutions' four channels


def test_it_takes_and_gives_what_the_float32_file_does(written, examples):  # 004-39
    one, other = (model.run(examples.images[:7]) for model in written.models)
    assert written.models[0].inputs == written.models[1].inputs
    assert (one.dtype, one.shape) == (other.dtype, other.shape)
    assert 0 < np.abs(one - other).max() < 1


def test_it_is_calibrated_on_training_images_alone(trained, examples, opened):
    dataset = opened.dataset()
    own = {image.tobytes() for image in dataset.train.images}
    assert all(image.tobytes() in own for image in examples.calibration)
    assert not own & {image.tobytes() for image in examples.images}


def test_other_calibration_images_make_another_file(trained, examples):
    """What is said to calibrate it does: dark pictures give it ranges that cut light ones."""
    data = onnx_bytes(trained.graph, trained.weights, trained.preprocess)
    dark = runner(open_session(int8_bytes(data, np.zeros_like(examples.calibration))))(
        examples.images
    )
    found = runner(open_session(int8_bytes(data, examples.calibration)))(examples.images)
    errors = [np.abs(one - examples.logits).mean() for one in (found, dark)]
    assert errors[0] < errors[1]


def test_the_certificate_lists_the_pictures_whose_class_changes(small_run, tmp_path):
    (ended,) = export_run(small_run, ["onnx"], int8=True, out=tmp_path / "o")
    said = json.loads((tmp_path / "o" / "certificate.json").read_text())
    one = said["int8"]
    assert (one["tolerance"], said["tolerance"]) == (0.005, 1e-4)
    assert one["fault"] == ""
    assert abs(one["accuracy_file"] - one["accuracy_engine"]) <= 0.005
    for change in one["changed"]:
        assert change["engine"] != change["file"]
        assert len(change["digest"]) == 64
    assert bool(one["changed"]) == (tmp_path / "o" / "changed.int8.png").exists()
    assert ended.passed
