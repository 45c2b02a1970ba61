"""From an experiment to all that its stages take: each value made once, from the one before."""

from dataclasses import dataclass
from pathlib import Path

from imagette.data.dataset import Dataset, open_data
from imagette.data.preprocess import Preprocess, preprocess_of
from imagette.engines.protocol import Model
from imagette.experiment import Experiment, network_of
from imagette.network import Network, to_text, walk
from imagette.network.graph import Graph
from imagette.run.engine import build
from imagette.store.checkpoint import ModelCard
from imagette.train.plan import Planner


@dataclass(frozen=True)
class Prepared:
    """An experiment with its data open, its network walked and its engine ready."""

    experiment: Experiment
    dataset: Dataset
    network: Network
    graph: Graph
    preprocess: Preprocess
    planner: Planner
    model: Model

    @property
    def card(self) -> ModelCard:
        return ModelCard(
            class_names=self.dataset.class_names,
            preprocess=self.preprocess.as_json(),
            input_shape=self.dataset.input_shape,
            network=to_text(self.network),
        )


def prepare(experiment: Experiment, data_dir: Path | None = None) -> Prepared:
    """Opens the data, walks the network over them, and builds it on the engine."""
    dataset = open_data(experiment.data, data_dir)
    network = network_of(experiment.network)
    graph = walk(network, dataset.input_shape, len(dataset.class_names))
    preprocess = preprocess_of(experiment.data, dataset.train)
    planner = Planner(graph, experiment.recipe, experiment.seed, len(dataset.train))
    model = build(graph, experiment.recipe, preprocess, experiment.engine)
    return Prepared(experiment, dataset, network, graph, preprocess, planner, model)
