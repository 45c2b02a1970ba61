"""Exported files, run in a process of their own, beside the engine on the same arrays."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file

from imagette.data.dataset import open_data
from imagette.data.preprocess import Preprocess
from imagette.data.spec import DataSpec
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, weights_of
from imagette.export.source.haiku_file import haiku_text
from imagette.export.source.haiku_layers import haiku_weights
from imagette.export.source.jax_file import jax_text
from imagette.export.source.recipe_code import training_of
from imagette.export.source.structure import structure
from imagette.export.source.torch_file import torch_text, torch_weights
from imagette.network import named, names, parse, walk
from imagette.network.widen import widen
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build
from imagette.train.plan import Planner

HERE = Path(__file__).parent
NUM_IMAGES, BATCH, EPOCHS = 38, 8, 2  # ten steps, the last of each epoch with a short batch


def _beside(name):
    spec = spec_from_file_location(f"source_{name}", HERE / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES, PAIRS = _beside("cases").CASES, _beside("cases").PAIRS


def images_of(channels, side):
    """Pictures of the embedded sample; colour from three, sides by cutting and repeating."""
    train = open_data(DataSpec()).train
    rows = np.arange(NUM_IMAGES)
    planes = [train.images[rows + 40 * c, :, :, 0] for c in range(channels)]
    images = np.stack(planes, axis=3)
    tiled = np.tile(images, (1, 2, 2, 1))[:, 4 : 4 + side, 4 : 4 + side]
    return np.ascontiguousarray(tiled), train.labels[rows]


def built(name):
    """A case as an exporter and an engine read it."""
    case = CASES[name]
    network = named(case.network) if case.network in names() else parse(case.network)
    if case.network == "vgg8":
        network = named("vgg8", dropout=False)
    network = network if case.width == 1 else widen(network, case.width)
    recipe = Recipe(**{"epochs": EPOCHS, "batch": BATCH, **case.recipe})
    graph = walk(network, (case.channels, case.side, case.side), 10)
    images, labels = images_of(case.channels, case.side)
    return SimpleNamespace(
        network=network,
        graph=graph,
        items=structure(network, graph),
        recipe=recipe,
        images=images,
        labels=labels,
        preprocess=Preprocess((0.3,) * case.channels, (0.35,) * case.channels),
        weights=first_weights(graph, recipe),
        planner=Planner(graph, recipe, 0, NUM_IMAGES),
    )


TEXTS = {"torch": torch_text, "jax": jax_text, "haiku": haiku_text}


def text_of(one, framework, title="a case"):
    training = training_of(one.recipe, 10, 0)
    classes = [str(number) for number in range(10)]
    return TEXTS[framework](
        one.items, one.graph, one.recipe, training, one.preprocess, classes, title, "a sample"
    )


def write_case(one, framework, folder):
    folder.mkdir()
    (folder / "network.py").write_text(text_of(one, framework))
    forms = {
        "torch": lambda: torch_weights(one.items, one.graph, one.weights),
        "jax": lambda: one.weights,
        "haiku": lambda: haiku_weights(one.graph, one.weights),
    }
    save_file(dict(forms[framework]()), folder / "network.safetensors")
    epochs = []
    for epoch in range(1, one.recipe.epochs + 1):
        rows = [row for plan in one.planner.epoch(epoch) for row in plan.indices]
        padded = [np.pad(row, (0, NUM_IMAGES - len(row)), constant_values=-1) for row in rows]
        epochs.append(np.stack(padded))
    np.savez(folder / "given.npz", images=one.images, labels=one.labels, batches=np.stack(epochs))


def by_engine(one, framework):
    """Logits before and after, and the losses of all steps."""
    model = build(
        one.graph,
        one.recipe,
        one.preprocess,
        EngineSpec(name="torch" if framework == "torch" else "jax"),
    )
    model.place(one.images, one.labels)
    state, losses = model.start(one.weights), []
    for epoch in range(1, one.recipe.epochs + 1):
        for plan in one.planner.epoch(epoch):
            state, found, _ = model.advance(state, plan)
            losses += found.tolist()
    after = weights_of(model.save(state))
    return SimpleNamespace(
        logits=model.predict(one.weights, one.images, 64),
        losses=np.array(losses),
        after=model.predict(after, one.images, 64),
    )


@pytest.fixture(scope="session")
def engine_of_case():
    return by_engine


@pytest.fixture(scope="session")
def written():
    """The text of a case's file."""
    return text_of


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize(("case", "framework"), PAIRS)


@pytest.fixture(scope="session")
def cases():
    return {name: built(name) for name in CASES}


@pytest.fixture(scope="session")
def found(cases, tmp_path_factory):
    """What the exported files of a framework give, all in one process; made when first asked."""
    known = {}

    def run(framework):
        if framework not in known:
            root = tmp_path_factory.mktemp(framework)
            wanted = [name for name, on in PAIRS if on == framework]
            folders = {name: root / f"n{i}" for i, name in enumerate(wanted)}
            for name, folder in folders.items():
                write_case(cases[name], framework, folder)
            command = [sys.executable, "-I", str(HERE / "driver.py"), framework]
            environment = {key: value for key, value in os.environ.items() if key != "XLA_FLAGS"}
            done = subprocess.run(
                [*command, *map(str, folders.values())],
                capture_output=True,
                text=True,
                env=environment,
            )
            assert done.returncode == 0, done.stderr[-3000:]
            known[framework] = {n: np.load(f / "found.npz") for n, f in folders.items()}
        return known[framework]

    return run
