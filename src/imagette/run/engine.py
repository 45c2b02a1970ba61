"""The engine that an experiment names, imported only then."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from imagette.data.preprocess import Preprocess
from imagette.engines.protocol import EngineSpec, Model
from imagette.errors import MissingExtra
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe

if TYPE_CHECKING:
    from imagette.engines.with_torch.own import Own


def build(
    graph: Graph,
    recipe: Recipe,
    preprocess: Preprocess,
    engine: EngineSpec,
    own: "Own | None" = None,
) -> Model:
    """A model that trains and predicts. Raises MissingExtra if the engine is not installed."""
    if find_spec("torch") is None:
        raise MissingExtra("PyTorch (engine.name = 'torch')", "torch")
    from imagette.engines.with_torch import TorchModel

    return TorchModel(graph, recipe, preprocess, engine, own)
