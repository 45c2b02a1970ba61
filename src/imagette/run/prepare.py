"""From an experiment to all that its stages take: each value made once, from the one before."""

from dataclasses import dataclass
from pathlib import Path

from imagette.data.dataset import Dataset, open_data
from imagette.data.preprocess import Preprocess, preprocess_of
from imagette.engines.own import Own
from imagette.engines.protocol import Model
from imagette.evaluate.losses import Loss
from imagette.experiment import Experiment, network_of
from imagette.network import to_text, walk
from imagette.network.graph import Graph
from imagette.network.tensors import Shape
from imagette.recipe.class_weights import settled_loss
from imagette.run.engine import build, refuse_absent
from imagette.run.own import bound_to_engine, own_of
from imagette.run.sizes import sized_graphs
from imagette.store.checkpoint import ModelCard
from imagette.train.events import Decision
from imagette.train.measure import loss_of
from imagette.train.plan import Planner


@dataclass(frozen=True)
class Prepared:
    """An experiment with its data open, its network settled and its engine ready."""

    experiment: Experiment
    dataset: Dataset
    graph: Graph
    preprocess: Preprocess
    planner: Planner
    model: Model
    loss: Loss  # in NumPy, for evaluation
    card: ModelCard
    own: Own | None
    decisions: tuple[Decision, ...] = ()  # of what its engine is, where that was measured


def prepare(
    experiment: Experiment, data_dir: Path | None = None, base: Path | None = None
) -> Prepared:
    """Opens the data, settles the network over them, and builds it on the engine.

    Code of one's own is looked for in `base`, the experiment's folder, then in the current one.
    """
    is_bound = bool(bound_to_engine(experiment))
    refuse_absent(experiment.engine.name, is_bound)  # before data are fetched
    dataset = open_data(experiment.data, data_dir, base)
    return prepare_with(experiment, dataset, own_of(experiment, dataset.input_shape, base))


def prepare_with(experiment: Experiment, dataset: Dataset, own: Own | None) -> Prepared:
    """As `prepare`, with data and live objects that are there already."""
    experiment = _with_class_weights(experiment, dataset)
    classes = len(dataset.class_names)
    graph, text = settled(experiment, dataset.input_shape, classes, own)
    preprocess = preprocess_of(experiment.data, dataset.train)
    sized = sized_graphs(
        experiment.recipe.sizes, graph, lambda shape: settled(experiment, shape, classes, own)[0]
    )
    planner = Planner(graph, experiment.recipe, experiment.seed, len(dataset.train), sized=sized)
    model = build(graph, experiment.recipe, preprocess, experiment.engine, own)
    card = ModelCard(dataset.class_names, preprocess.as_json(), dataset.input_shape, text)
    loss = numpy_loss(experiment, own)
    return Prepared(experiment, dataset, graph, preprocess, planner, model, loss, card, own)


def _with_class_weights(experiment: Experiment, dataset: Dataset) -> Experiment:
    """Weights as numbers, which the run keeps, so that any split can be judged by them later."""
    loss = settled_loss(experiment.recipe.loss, dataset.train.labels, dataset.class_names)
    recipe = experiment.recipe.model_copy(update={"loss": loss})
    return experiment.model_copy(update={"recipe": recipe})


def settled(
    experiment: Experiment, input_shape: Shape, classes: int, own: Own | None
) -> tuple[Graph, str]:
    """The graph of the network, walked or traced, and its text."""
    if own and own.has_network:
        return own.graph(input_shape, classes), f"# {experiment.network.python}\n"
    network = network_of(experiment.network)
    return walk(network, input_shape, classes), to_text(network)


def numpy_loss(experiment: Experiment, own: Own | None) -> Loss:
    own_loss = own.loss_in_numpy() if own else None
    return own_loss or loss_of(experiment.recipe.loss)
