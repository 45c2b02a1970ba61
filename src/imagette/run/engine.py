"""The engine that an experiment names, imported only then."""

from importlib.util import find_spec

from imagette.data.preprocess import Preprocess
from imagette.engines.protocol import EngineSpec, Model
from imagette.errors import MissingExtra
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe


def build(graph: Graph, recipe: Recipe, preprocess: Preprocess, engine: EngineSpec) -> Model:
    """A model that trains and predicts. Raises MissingExtra if the engine is not installed."""
    if find_spec("torch") is None:
        raise MissingExtra("PyTorch (engine.name = 'torch')", "torch")
    from imagette.engines.with_torch import TorchModel

    return TorchModel(graph, recipe, preprocess, engine)
