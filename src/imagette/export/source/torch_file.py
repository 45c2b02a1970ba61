"""`--to torch`: a run as one file of PyTorch, with its weights beside it."""

from collections.abc import Mapping, Sequence

import numpy as np

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.export.source.head import head
from imagette.export.source.library import piece
from imagette.export.source.main import main_text
from imagette.export.source.recipe_code import Training
from imagette.export.source.structure import Item
from imagette.export.source.torch_names import parameter_names, state_name
from imagette.export.source.torch_network import torch_sections
from imagette.export.source.torch_recipe import torch_training
from imagette.export.source.whole import file_text, numbers_of
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe

PACKAGES = ("torch", "numpy", "pillow", "safetensors")


def torch_text(
    items: tuple[Item, ...],
    graph: Graph,
    recipe: Recipe,
    training: Training | None,
    preprocess: Preprocess,
    class_names: Sequence[str],
    title: str,
    trained_on: str,
    stage: str = "",
) -> str:
    """The whole file."""
    numbers = numbers_of(class_names, preprocess, graph, training)
    sections = [
        *torch_sections(items, graph),
        piece("torch_code", "preprocess"),
        *(torch_training(training, graph) if training else []),
        piece("torch_code", "predict"),
        piece("numpy_code", "read_picture"),
        piece("numpy_code", "read_data") if training else "",
        *main_text("torch", graph, training is not None),
    ]
    top = head(title, "PyTorch", PACKAGES, graph, training, recipe, trained_on, stage)
    return file_text(top, (), numbers, sections, "safetensors.torch", training)


def torch_weights(
    items: tuple[Item, ...], graph: Graph, weights: Weights
) -> Mapping[str, np.ndarray]:
    """The run's weights by the names of the module's state dict."""
    paths = parameter_names(items)
    return {
        state_name(weight.name, paths, node.layer.word): weights[weight.name]
        for node in graph.nodes
        for weight in node.weights
    }
