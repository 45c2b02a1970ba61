"""Where the torch engine runs, and with how many threads."""

import sys
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_torch import TorchModel
from imagette.engines.with_torch.device import Place
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.train.plan import Planner

GRAPH = walk(parse("flatten\nlinear classes"), (2, 8, 8), 3)
PREPROCESS = Preprocess((0.5, 0.4), (0.25, 0.3))


def test_an_absent_device_falls_back_with_a_note(monkeypatch):  # 002-19, 000-18, 004-42
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    model = TorchModel(GRAPH, Recipe(), PREPROCESS, EngineSpec(device="cuda"))
    assert model.notes == (
        "device 'cuda' was asked for but torch finds none: training on the processor",
    )
    assert "processor" in model.device


def test_small_batches_take_one_thread_by_a_fixed_rule(monkeypatch):
    monkeypatch.setattr("imagette.machine.usable_cores", lambda: 6)
    asked = ((4, None), (8, None), ("all", None), (4, 3))
    models = [
        TorchModel(GRAPH, Recipe(batch=batch), PREPROCESS, EngineSpec(threads=threads))
        for batch, threads in asked
    ]
    assert [model.threads for model in models] == [1, 6, 6, 3]


def test_work_leaves_the_process_as_it_was():
    before = torch.get_num_threads()
    recipe = Recipe(batch=10, epochs=2)
    model = TorchModel(GRAPH, recipe, PREPROCESS, EngineSpec(device="cpu", threads=before + 1))
    images, weights = np.zeros((50, 8, 8, 2), np.uint8), first_weights(GRAPH, seed=0)
    model.place(images, np.zeros(50, np.int32))
    model.advance(model.start(weights), next(Planner(GRAPH, recipe, 0, 50).epoch(1)))
    model.predict(weights, images, 10)
    assert torch.get_num_threads() == before
    assert np.float32(1e-40) * np.float32(1) != 0


class Uploads(TorchDispatchMode):
    """How often something went from the processor to the device, and back."""

    def __init__(self):
        super().__init__()
        self.up = self.down = 0

    def __torch_dispatch__(self, function, _types, args=(), kwargs=None):
        if function is torch.ops.aten._fused_sgd_.default:
            return None  # in place, and without a meta form
        made = function(*args, **(kwargs or {}))
        before, after = (devices(values) for values in ((args, kwargs), made))
        self.up += before == {"cpu"} and "meta" in after
        self.down += "meta" in before and "cpu" in after
        return made


def devices(values):
    return {leaf.device.type for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)}


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "adamw", "rmsprop", "muon"])
def test_no_step_waits_for_its_device(monkeypatch, optimiser):  # 001-44
    # A meta tensor holds no numbers: reading one, as a GPU's would be waited for, is an error.
    there = Place(torch.device("meta"), "a device that is not there")
    monkeypatch.setattr("imagette.engines.with_torch.model.choose_device", lambda _: there)
    monkeypatch.setattr(
        "imagette.engines.with_torch.model.autocast", lambda *_, **__: nullcontext()
    )
    for name in ("torch.optim.sgd", "torch.optim.adam"):
        module = sys.modules[name]  # as an attribute of torch.optim it is hidden
        monkeypatch.setattr(module, "_device_dtype_check_for_fused", lambda *_, **__: None)
    monkeypatch.setattr(torch.Tensor, "cpu", lambda tensor: torch.zeros(tensor.shape))  # at the end
    text = "conv 4 3x3\nbatchnorm\nrelu\nmaxpool 2\ndropout 0.2\nflatten\nlinear classes"
    graph = walk(parse(text), (3, 8, 8), 3)
    augment = ["flip", "shift", "affine", "cutout", "trivial", "mixup"]
    uploads = {}
    for images in (50, 50, 100):  # the first also brings the tables of trivial, which stay
        recipe = Recipe(batch=10, optimiser=optimiser, augment=augment, averaging="ema", clip=1.0)
        model = TorchModel(graph, recipe, Preprocess((0.5,) * 3, (0.2,) * 3), EngineSpec())
        model.place(np.zeros((images, 8, 8, 3), np.uint8), np.zeros(images, np.int32))
        state = model.start(first_weights(graph, seed=0))
        (plan,) = Planner(graph, recipe, 0, images).epoch(1)
        with Uploads() as seen:
            model.advance(state, plan)
        assert seen.down == 0
        uploads[plan.num_steps] = seen.up
    assert uploads == {5: uploads[10], 10: uploads[10]}  # a plan's, however many its steps
