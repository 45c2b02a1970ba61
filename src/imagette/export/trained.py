"""What an exporter reads of a trained run: values alone, which belong to no engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.engines.meanings import Foreign
from imagette.network.graph import Graph, Shape
from imagette.recipe.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Trained:
    """One checkpoint of a run, with all that is needed to compute what its engine computes."""

    title: str
    engine: str  # "torch" or "jax", that files are compared with
    trained_by: str
    step: int
    graph: Graph
    weights: Weights  # as `imagette.arrays` says: conv [out,in/groups,kh,kw], linear [out,in]
    weights_digest: str  # sha256 of the run's own file of them
    preprocess: Preprocess
    class_names: tuple[str, ...]
    recipe: Recipe
    network_text: str  # in the network language; of other code, its pointer as a comment
    experiment: Mapping[str, Any]  # as it was resolved when the run began, ready for JSON
    given: tuple[str, bytes] | None = None  # the experiment's file as it was given: name, bytes
    function: Callable[[Any], Any] | None = None
    """Of other code: a torch module or JAX function, uint8 [N,H,W,C] to logits, all inside."""
    notes: tuple[str, ...] = ()  # what the user should know of the run
    is_finished: bool = True
    last_step: int | None = None  # of the whole training; None where only its clock knows

    @property
    def input_shape(self) -> Shape:
        """(C, H, W)."""
        return self.graph.input_shape

    @property
    def is_foreign(self) -> bool:
        """Whether the network is other code, of which the graph is a trace."""
        return any(isinstance(node.layer, Foreign) for node in self.graph.nodes)
