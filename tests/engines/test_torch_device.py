"""Where the torch engine runs, and with how many threads."""

import numpy as np
import torch

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_torch import TorchModel
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
