"""The engine that an experiment names, imported only then."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, Protocol, cast

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.engines.own import Own, OwnParts
from imagette.engines.protocol import EngineSpec, Model
from imagette.errors import MissingExtra
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe

EngineName = Literal["torch", "jax"]

_LIBRARIES: Mapping[EngineName, Mapping[str, str]] = {
    "torch": {"torch": "PyTorch"},
    "jax": {"jax": "JAX", "optax": "Optax"},
}


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

    def closed(self, own: Any, weights: Weights, preprocess: Preprocess) -> Callable[[Any], Any]:
        """A network of one's own, weights and preprocessing inside: uint8 [N,H,W,C] to logits.

        `own` is what this engine's `own_of` returned; what comes back is of its library.
        """
        ...


def engine_of(name: EngineName) -> Engine:
    """The package of an engine. Raises MissingExtra if what it stands on is not installed."""
    library = absent_library(name)
    if library:
        raise MissingExtra(f"{library} (engine.name = '{name}')", name)
    return cast(Engine, import_module(f"imagette.engines.with_{name}"))


def refuse_absent(name: EngineName, is_bound: bool = False) -> None:
    """Raises MissingExtra if an engine is not installed, naming the other one if that is.

    Not where `is_bound`: what is to be run is code for this engine alone.
    """
    library = absent_library(name)
    if library:
        others = (other for other in _LIBRARIES if other != name and not absent_library(other))
        instead = "" if is_bound else "".join(f", or --engine {other}" for other in others)
        raise MissingExtra(f"{library} (engine.name = '{name}')", name, instead)


def absent_library(name: EngineName) -> str | None:
    """Of what an engine stands on, the first that is not installed."""
    absent = (library for module, library in _LIBRARIES[name].items() if not find_spec(module))
    return next(absent, None)


def build(
    graph: Graph,
    recipe: Recipe,
    preprocess: Preprocess,
    engine: EngineSpec,
    own: Own | None = None,
) -> Model:
    """A model on the engine that `engine` names; what is still "auto" is by the fixed rule."""
    refuse_absent(engine.name)
    return engine_of(engine.name).build(graph, recipe, preprocess, engine.by_rule(), own)
