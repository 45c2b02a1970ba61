"""`--to torch`, `--to jax` and `--to haiku`: one readable file of the network and its recipe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save

from imagette.arrays import Weights
from imagette.errors import ExportError
from imagette.export.examples import Examples
from imagette.export.format import Format, ModelFile, Options, Tensor, Written
from imagette.export.source.haiku_file import haiku_text
from imagette.export.source.haiku_layers import haiku_weights
from imagette.export.source.head import FILE, WEIGHTS, stage_of
from imagette.export.source.jax_file import jax_text
from imagette.export.source.recipe_code import training_of
from imagette.export.source.structure import Item, structure
from imagette.export.source.torch_file import torch_text, torch_weights
from imagette.export.source.worker import Worker
from imagette.export.trained import Trained
from imagette.network import parse
from imagette.network.graph import Graph

BATCHES = (1, 7, 64)


@dataclass(frozen=True, slots=True)
class _Framework:
    """How a file of one framework is made, and which packages it must do without."""

    text: Callable[..., str]
    weights: Callable[[tuple[Item, ...], Graph, Weights], Mapping[str, np.ndarray[Any, Any]]]
    refused: tuple[str, ...]
    packages: tuple[str, ...]
    network: str  # what takes normalised pictures

    @property
    def about(self) -> str:
        """For the certificate."""
        return (
            "`predict` takes the pixels as they are, 0 to 255, in the order rows, columns, "
            "channels, normalises them by `preprocess`, and gives the network's outputs. "
            f"Normalisation is not inside `{self.network}`, which takes what `preprocess` gives."
        )


def _writer(framework: _Framework) -> Callable[[Trained, Examples, Options], Written]:
    def write(trained: Trained, _examples: Examples, _options: Options) -> Written:
        return _written(framework, trained)

    return write


def _written(framework: _Framework, trained: Trained) -> Written:
    if trained.is_foreign:
        raise ExportError(
            f"{trained.title} is other code, which is source already: it lies in the run's source/."
        )
    graph, recipe = trained.graph, trained.recipe
    items = structure(parse(trained.network_text), graph)
    last_step = trained.last_step or trained.step
    training = training_of(recipe, last_step, int(trained.experiment["seed"]))
    text = framework.text(
        items,
        graph,
        recipe,
        training,
        trained.preprocess,
        trained.class_names,
        trained.title,
        str(trained.experiment["data"]["name"]),
        stage_of(trained.step, trained.last_step, trained.is_finished),
    )
    held = framework.weights(items, graph, trained.weights)
    weights = save({name: np.asarray(value, order="C") for name, value in held.items()})
    files = {FILE: text.encode(), WEIGHTS: weights}
    channels, height, width = graph.input_shape
    model = ModelFile(
        name=FILE,
        data=files[FILE],
        run=Worker(files, ("imagette", *framework.refused)),
        inputs=(Tensor("images", "uint8", ("N", height, width, channels)),),
        outputs=(Tensor("outputs", "float32", ("N", graph.classes)),),
        batches=BATCHES,
        facts={"weights": WEIGHTS, "lines": len(text.splitlines())},
        about=framework.about,
    )
    left_out = training.left_out if training else ()
    notes = tuple(f"left out of the recipe: {what}" for what in left_out)
    return Written((model,), {WEIGHTS: weights}, framework.packages, notes)


def _for_haiku(_items: tuple[Item, ...], graph: Graph, weights: Weights) -> Weights:
    return haiku_weights(graph, weights)


def _as_they_are(_items: tuple[Item, ...], _graph: Graph, weights: Weights) -> Weights:
    return weights


TORCH = Format(
    name="torch",
    what="a readable file of PyTorch, and its weights",
    write=_writer(_Framework(torch_text, torch_weights, ("jax", "optax"), ("torch",), "Network")),
    needs={"torch": "PyTorch"},
    extra="torch",
)
JAX = Format(
    name="jax",
    what="a readable file of JAX and Optax, and its weights",
    write=_writer(_Framework(jax_text, _as_they_are, ("torch",), ("jax", "optax"), "apply")),
    needs={"jax": "JAX", "optax": "Optax"},
    extra="jax",
)
HAIKU = Format(
    name="haiku",
    what="a readable file of Haiku and Optax, and its weights",
    write=_writer(
        _Framework(
            haiku_text, _for_haiku, ("torch",), ("dm-haiku", "jax", "optax"), "network.apply"
        )
    ),
    needs={"haiku": "Haiku", "optax": "Optax"},
    extra="haiku",
)
