"""Networks of other code in ONNX: by the exporter of their library, judged like any other file."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest
from torch import nn

from imagette.errors import ExportError, MissingExtra, StoreError, UsageError
from imagette.experiment import load
from imagette.export.exported import Exported, NotExported
from imagette.export.onnx.from_torch import bytes_from_torch
from imagette.export.onnx.runtime import open_session, runner
from imagette.run.export import export_run, trained_of
from imagette.run.ready import ready
from imagette.run.train import train_experiment

TORCH = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 3, 5), nn.BatchNorm2d(3)
        self.drop, self.fc = nn.Dropout(0.2), nn.Linear(3 * 144, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        return self.fc(self.drop(x.flatten(1)))
"""
JAX = """
import jax.numpy as jnp
import numpy as np

def net():
    def init(key, images):
        return {"w": jnp.asarray(np.linspace(-0.1, 0.1, 7840, dtype=np.float32).reshape(784, 10))}

    def apply(params, images):
        return images.reshape(images.shape[0], -1) @ params["w"]

    return init, apply
"""


def run_of(folder, code, name, engine):
    (folder / "mine.py").write_text(code)
    (folder / "mine.toml").write_text(
        f'data = {{limit = 200}}\nnetwork = {{python = "mine.py:{name}"}}\n'
        f'recipe = {{epochs = 1, batch = 50}}\nengine = {{name = "{engine}"}}\n'
    )
    experiment, source = load(str(folder / "mine.toml")), folder / "mine.toml"
    return list(train_experiment(experiment, source=source, out=folder / "run"))[-1].folder.path


@pytest.fixture(scope="module")
def torch_run(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("torch"), TORCH, "Net", "torch")


@pytest.fixture(scope="module")
def jax_run(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("jax"), JAX, "net", "jax")


@pytest.mark.parametrize("kind", ["torch_run", "jax_run"])
def test_what_is_closed_computes_what_the_engine_does(kind, request):
    opened = ready(request.getfixturevalue(kind))
    function = trained_of(opened).function
    images = opened.dataset().validation.images[:9]
    if opened.experiment.engine.name == "torch":
        import torch

        found = function(torch.from_numpy(images)).detach().numpy()
    else:
        found = np.asarray(function(images))
    logits = opened.model.predict(opened.saved.weights, images, 9)
    np.testing.assert_allclose(found, logits, atol=1e-5)


def test_a_torch_module_is_written_by_torch_s_own_exporter(torch_run, tmp_path, capfd):
    (ended,) = export_run(torch_run, ["onnx"], out=tmp_path / "o", int8=True)
    assert isinstance(ended, Exported)
    assert ended.passed
    said = json.loads((tmp_path / "o" / "certificate.json").read_text())
    assert said["inputs"] == [{"name": "image", "dtype": "uint8", "shape": ["N", 28, 28, 1]}]
    assert set(said["differences"]) == {"1", "2", "7", "64"}
    assert said["versions"]["onnxscript"]
    assert said["int8"]["fault"] == ""
    assert (tmp_path / "o" / "network.txt").read_text() == "# mine.py:Net\n"
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


class Fixed(nn.Module):
    def forward(self, image):
        return image.reshape(2, 784)[:, :10].float()


class Choosing(nn.Module):
    def forward(self, image):
        rows = image.float().flatten(1)[:, :10]
        return rows if rows.sum() > 7 else -rows


def test_a_module_whose_code_fixes_the_batch_is_found_out_when_its_file_is_run():  # 004-39
    run = runner(open_session(bytes_from_torch(Fixed(), (1, 28, 28), None)))
    with pytest.raises(ExportError, match="onnxruntime cannot run the file at batch 7: "):
        run(np.zeros((7, 28, 28, 1), np.uint8))


def test_a_module_that_torch_cannot_export_is_told_in_one_line():
    with pytest.raises(ExportError, match=r"^torch \S+ cannot export the module: ") as error:
        bytes_from_torch(Choosing(), (1, 28, 28), None)
    assert "\n" not in str(error.value)


def test_code_of_a_run_from_elsewhere_needs_trust(torch_run, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))
    with pytest.raises((UsageError, StoreError), match="--trust"):
        list(export_run(torch_run, ["onnx"], out=tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_without_jax2onnx_its_extra_is_named(jax_run, tmp_path, monkeypatch):
    monkeypatch.setattr("imagette.export.onnx.from_jax.find_spec", lambda name: None)
    (ended,) = export_run(jax_run, ["onnx"], out=tmp_path / "o")
    assert isinstance(ended, NotExported)
    assert isinstance(ended.error, MissingExtra)
    assert "pip install 'imagette[jax2onnx]'" in str(ended.error)


def by_hand(weights):
    """What jax2onnx would make of the network above, with these weights [784,10]."""
    from onnx import TensorProto, helper, numpy_helper

    arrays = {
        "scale": np.float32(1 / 255),
        "w": weights.astype(np.float32),
        "flat": np.array([0, -1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["in_0"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "w"], ["out_0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("in_0", TensorProto.UINT8, ["N", 28, 28, 1])],
        [helper.make_tensor_value_info("out_0", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("wrong", [False, True])
def test_what_jax2onnx_makes_is_kept_where_its_result_agrees(jax_run, tmp_path, monkeypatch, wrong):
    # 004-38
    import jax

    module = ModuleType("jax2onnx")
    module.__spec__ = type("Spec", (), {})()

    def to_onnx(function, inputs, **options):
        (known,) = inputs
        assert (str(known.shape[0]), known.shape[1:], known.dtype) == ("N", (28, 28, 1), np.uint8)
        opened = ready(jax_run)
        weights, card = opened.saved.weights["w"], opened.saved.card.preprocess
        assert isinstance(function(np.zeros((1, 28, 28, 1), np.uint8)), jax.Array)
        mean, deviation = card["channels_mean"][0], card["deviation"][0]
        bias = -(mean / deviation) * weights.sum(0)
        model = by_hand(weights * (1.01 if wrong else 1) / deviation)
        return with_bias(model, bias)

    module.to_onnx = to_onnx
    monkeypatch.setitem(sys.modules, "jax2onnx", module)
    (ended,) = export_run(jax_run, ["onnx"], out=tmp_path / "o")
    assert isinstance(ended, Exported), ended.error
    assert ended.passed is not wrong
    assert (tmp_path / "o" / ("model.failed.onnx" if wrong else "model.onnx")).is_file()


def with_bias(model, bias):
    from onnx import helper, numpy_helper

    model.graph.node[-1].output[0] = "product"
    model.graph.node.append(helper.make_node("Add", ["product", "bias"], ["out_0"]))
    model.graph.initializer.append(numpy_helper.from_array(bias.astype(np.float32), "bias"))
    return model
