"""A trained run made ready to compute with: its weights, its model, the names of its nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from imagette.arrays import Images
from imagette.data.dataset import Dataset, open_data
from imagette.engines.own import Own
from imagette.engines.protocol import Model
from imagette.errors import UsageError, nearest
from imagette.evaluate.masks import Masks, activation_masks
from imagette.experiment import Experiment
from imagette.network import Graph, Node
from imagette.run.evaluate import check_same_data, graph_of, rebuild, trusted_experiment
from imagette.run.on_engine import engine_by_now, on_engine
from imagette.run.own import own_of
from imagette.run.state import RunState, state_of
from imagette.store.checkpoint import Saved
from imagette.store.checkpoints import Which
from imagette.store.folder import RunFolder
from imagette.store.published import refuse_without_weights


@dataclass(frozen=True, eq=False)
class Ready:
    """A run's checkpoint on an engine, with its network as a graph."""

    folder: RunFolder
    experiment: Experiment  # on the engine that computes
    trained_by: str  # the engine that it has been trained with
    saved: Saved
    model: Model
    graph: Graph
    notes: tuple[str, ...]
    own: Own | None = None  # code of one's own, made ready

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.saved.card.class_names

    @property
    def nodes(self) -> Mapping[str, Node]:
        """All nodes by their paths, in order."""
        return {node.path: node for node in self.graph.nodes}

    def node(self, path: str) -> Node:
        """UsageError, with the nearest names, if there is none."""
        if path not in self.nodes:
            raise UsageError(f"No layer is called {path!r:.100}. {nearest(path, self.nodes)}")
        return self.nodes[path]

    def map_node(self, path: str) -> Node:
        """A node whose output has pixels; UsageError for features in a row."""
        node = self.node(path)
        if len(node.output_shape) != 3:
            maps = ", ".join(one.path for one in self.map_nodes) or "none"
            raise UsageError(
                f"{path} gives {node.output_shape[0]} numbers in a row, which have no place in a "
                f"picture. Layers that have: {maps}."
            )
        return node

    @property
    def map_nodes(self) -> list[Node]:
        """All nodes whose output has pixels."""
        return [node for node in self.graph.nodes if len(node.output_shape) == 3]

    @property
    def last_map(self) -> str | None:
        """The path of the last convolution, else of the last node with pixels, if there is any."""
        maps = self.map_nodes
        convolutions = [node for node in maps if node.function == "conv"]
        return (convolutions or maps)[-1].path if maps else None

    def masks(self, images: Images, path: str) -> Masks:
        """The activation masks of a node, batch by batch, for images uint8 [N,H,W,C]."""
        batch, weights = self.experiment.evaluation.batch, self.saved.weights
        parts = [
            activation_masks(self.model.activations(weights, images[i : i + batch], [path])[path])
            for i in range(0, len(images), batch)
        ]
        return np.concatenate(parts)

    def dataset(self, data_dir: Path | None = None) -> Dataset:
        """The data that it was trained on; DataError if they have changed or cannot be had."""
        dataset = open_data(self.experiment.data, data_dir, self.folder.source)
        check_same_data(self.folder, dataset)
        return dataset


def ready(
    run: Path | str,
    which: Which = "last",
    *,
    trust: bool = False,
    engine: str | None = None,
    device: Literal["cpu"] | None = None,
) -> Ready:
    """Opens a run and builds its model, on another `engine` or `device` than its own if asked.

    Code that the run holds is run only if it was yours already, or with `trust`. Raises UsageError
    for a run that has no weights yet.
    """
    folder = RunFolder.open(Path(run))
    state = state_of(folder)
    _refuse_without_weights(folder, state)
    saved = folder.load(which)
    asked = trusted_experiment(folder, trust)
    trained_by = engine_by_now(asked, folder)
    experiment = on_engine(asked, engine or trained_by)
    if device:
        spec = experiment.engine.model_copy(update={"device": device})
        experiment = experiment.model_copy(update={"engine": spec})
    own = own_of(experiment, saved.card.input_shape, folder.source)
    note = unfinished_note(state, saved.step)
    return Ready(
        folder=folder,
        experiment=experiment,
        trained_by=trained_by,
        saved=saved,
        model=rebuild(experiment, saved, own),
        graph=graph_of(experiment, saved, own),
        notes=(note,) if note else (),
        own=own,
    )


def unfinished_note(state: RunState, step: int) -> str:
    """What to know of the weights of a run that has not ended; empty for a finished one.

    >>> unfinished_note(RunState("stopped", None, resumable=True), 1926)
    'the run is stopped, resumable: weights of step 1,926'
    """
    return "" if state.word == "finished" else f"the run is {state.text}: weights of step {step:,}"


def _refuse_without_weights(folder: RunFolder, state: RunState) -> None:
    if folder.checkpoints.steps():
        return
    refuse_without_weights(folder)
    if state.word == "finished":
        raise UsageError(
            f"{folder.path} is finished, but its checkpoints are gone: copy the run again, or name "
            "another."
        )
    why = f" ({state.reason})" if state.reason else ""
    raise UsageError(
        f"{folder.path} has no weights yet, it is {state.word}{why}: let it train to a first "
        "checkpoint, or name another run."
    )
