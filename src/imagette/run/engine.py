"""The engine that an experiment names, imported only then."""

from importlib import import_module
from importlib.util import find_spec
from typing import Literal, Protocol, cast

from imagette.data.preprocess import Preprocess
from imagette.engines.own import Own, OwnParts
from imagette.engines.protocol import EngineSpec, Model
from imagette.errors import MissingExtra
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe

EngineName = Literal["torch", "jax"]

_LIBRARIES = {"torch": {"torch": "PyTorch"}, "jax": {"jax": "JAX", "optax": "Optax"}}


class Engine(Protocol):
    """What the package of each engine offers."""

    def build(
        self,
        graph: Graph,
        recipe: Recipe,
        preprocess: Preprocess,
        engine: EngineSpec,
        own: Own | None = None,
    ) -> Model:
        """A model that trains and predicts."""
        ...

    def begin(self, threads: int | None) -> None:
        """What must be said to the library before code of one's own uses it."""
        ...

    def convolution_rate(self, spec: EngineSpec, seconds: float) -> float:
        """GFLOP/s of this machine's fastest 3x3 convolution, forward and backward, so far.

        Of 128 channels on 32 pictures of 16x16, the fastest of `seconds`.
        """
        ...

    def own_of(self, parts: OwnParts) -> Own:
        """Code of one's own, made ready for this engine."""
        ...


def engine_of(name: EngineName) -> Engine:
    """The package of an engine. Raises MissingExtra if what it stands on is not installed."""
    for module, library in _LIBRARIES[name].items():
        if find_spec(module) is None:
            raise MissingExtra(f"{library} (engine.name = '{name}')", name)
    return cast(Engine, import_module(f"imagette.engines.with_{name}"))


def build(
    graph: Graph,
    recipe: Recipe,
    preprocess: Preprocess,
    engine: EngineSpec,
    own: Own | None = None,
) -> Model:
    """A model on the engine that `engine` names; what is still "auto" is by the fixed rule."""
    return engine_of(engine.name).build(graph, recipe, preprocess, engine.by_rule(), own)
