"""What a recipe, a network and data must be for each other; checked before anything is written."""

from imagette.data.augment import Shift
from imagette.data.streamed import StreamedImages
from imagette.data.trivial import Trivial
from imagette.engines.initial import last_norms
from imagette.engines.protocol import STATE_PREFIXES
from imagette.engines.whitening import whitened_layer
from imagette.errors import UsageError
from imagette.experiment import Experiment
from imagette.network import cost_table
from imagette.network.graph import Graph
from imagette.recipe.budget import Budget, broken
from imagette.recipe.initial import Initial
from imagette.recipe.losses import NLL, CrossEntropy
from imagette.recipe.optimisers import Muon
from imagette.run.prepare import Prepared
from imagette.train.decide import length_remarks
from imagette.train.plan import Planner

SOFTMAXES = ("softmax", "log_softmax")


def check_together(prepared: Prepared) -> tuple[str, ...]:
    """Raises UsageError for what cannot work; returns what can, but is likely a mistake."""
    experiment, graph = prepared.experiment, prepared.graph
    check_trainable(graph)
    _check_budget(experiment.budget, graph)
    _check_stopping(experiment)
    _check_shift(experiment, graph)
    _check_muon(prepared)
    _check_accumulate(prepared)
    check_single_image(prepared.planner)
    _check_mixing(prepared)
    _check_trivial(prepared)
    _check_first_values(prepared)
    _check_names(graph)
    return (*_check_last_layer(experiment, graph), *_check_length(prepared.planner))


def check_trainable(graph: Graph) -> None:
    """Raises UsageError for a network that nothing can move."""
    if not graph.parameters:
        raise UsageError(
            "the network has no trainable weight, so there is nothing to train: "
            "add a layer such as linear classes, or leave out frozen=yes."
        )


def _check_budget(budget: Budget, graph: Graph) -> None:
    complaints = list(broken(budget, cost_table(graph)))
    if complaints:
        raise UsageError("\n".join(complaints))


def _check_stopping(experiment: Experiment) -> None:
    stopping = experiment.recipe.stopping
    if stopping and stopping.figure.startswith("validation") and experiment.data.validation == 0:
        raise UsageError(
            f"recipe.stopping.figure is {stopping.figure}, but data.validation is 0, so it is "
            "never measured: hold some images out, or watch train_loss."
        )


def _check_shift(experiment: Experiment, graph: Graph) -> None:
    side = min(graph.input_shape[1:])
    for spec in experiment.recipe.augment:
        if isinstance(spec, Shift) and spec.pixels >= side:
            raise UsageError(
                f"recipe.augment: shift must move by less than the picture's side, {side}. "
                f"Got pixels = {spec.pixels}."
            )


def _check_mixing(prepared: Prepared) -> None:
    """Mixed labels need two labels, and a neighbour."""
    mixing = prepared.experiment.recipe.mixing
    if mixing is None:
        return
    _, spec = mixing
    labels = prepared.dataset.train.labels
    if (labels == labels[0]).all():
        raise UsageError(
            f"recipe.augment: {spec.name} mixes the labels of different classes, but all "
            f"{len(labels):,} training images are of one class: leave it out."
        )
    if prepared.planner.batch == 1:
        raise UsageError(
            f"recipe.augment: {spec.name} mixes an image with its neighbour in the batch. "
            "Got recipe.batch = 1: take 2 or more, or leave it out."
        )


def _check_trivial(prepared: Prepared) -> None:
    """Its tables are of the 256 values of a byte."""
    images, augment = prepared.dataset.train.images, prepared.experiment.recipe.augment
    own = isinstance(images, StreamedImages) and not images.are_bytes
    if own and any(isinstance(one, Trivial) for one in augment):
        raise UsageError(
            "recipe.augment: trivial changes bytes, but these images are read anew each time "
            "(data.cache = false) and are floats: set data.cache = true, or leave it out."
        )


def _check_muon(prepared: Prepared) -> None:
    own = prepared.own and prepared.own.has_network
    if own and isinstance(prepared.experiment.recipe.optimiser, Muon):
        raise UsageError(
            "recipe.optimiser: muon must know which axis of a weight is its outputs, and which "
            "layer is the last, as it does of networks of the language; yours is code: take adamw."
        )


def _check_accumulate(prepared: Prepared) -> None:
    planner = prepared.planner
    if planner.recipe.accumulate > planner.batch:
        raise UsageError(
            f"recipe.accumulate must be at most the images of a batch, {planner.batch}. "
            f"Got {planner.recipe.accumulate}."
        )


def check_single_image(planner: Planner) -> None:
    """Raises UsageError where a norm over the batch has nothing to compare one number with."""
    parts = planner.recipe.accumulate
    batches = {planner.batch, planner.num_images % planner.batch} - {0}
    if all(batch // min(batch, parts) > 1 for batch in batches):
        return
    part = f" and recipe.accumulate = {parts}" if parts > 1 else ""
    for node in planner.graph.nodes:
        shape = node.output_shape
        if node.function == "batchnorm" and all(side == 1 for side in shape[1:]):
            raise UsageError(
                f"{node.path} normalises over the batch, but one of {planner.num_images:,} images "
                f"at batch {planner.batch}{part} would be alone: take another recipe.batch."
            )


def _check_length(planner: Planner) -> tuple[str, ...]:
    """What is remarked where the length is known; under a time budget, once it is planned."""
    return () if planner.recipe.epochs == "budget" else tuple(length_remarks(planner))


def _check_first_values(prepared: Prepared) -> None:
    recipe, graph = prepared.experiment.recipe, prepared.graph
    if prepared.own and prepared.own.has_network:
        asked = {"initial": recipe.initial != Initial(), "whitening": recipe.whitening is not None}
        for key in (key for key, given in asked.items() if given):
            raise UsageError(
                f"recipe.{key} is for networks of the language; yours begins with its own values: "
                f"leave recipe.{key} out."
            )
        return
    if recipe.initial.zero_last_norm and not last_norms(graph):
        raise UsageError(
            "recipe.initial.zero_last_norm: no residual's body ends in batchnorm or layernorm. "
            "Leave it out, or end a body so."
        )
    if recipe.whitening:
        whitened_layer(graph, recipe.whitening)


def _check_names(graph: Graph) -> None:
    """A checkpoint tells by these prefixes what is a weight and what goes on with a training."""
    wrong = [weight.name for weight in graph.weights if weight.name.startswith(STATE_PREFIXES)]
    if wrong:
        raise UsageError(
            f"No weight may have a name that begins with {' or '.join(STATE_PREFIXES)}, for "
            f"checkpoints use these. Got {wrong[0]}: call the layer otherwise."
        )


def _check_last_layer(experiment: Experiment, graph: Graph) -> tuple[str, ...]:
    loss, last = experiment.recipe.loss, graph.last
    if isinstance(loss, NLL) and last.function != "log_softmax":
        raise UsageError(
            f"the loss nll takes log-probabilities, but the network ends in {last.path}: "
            "end it with log_softmax, or take cross_entropy."
        )
    if isinstance(loss, CrossEntropy) and last.function in SOFTMAXES:
        return (
            f"{last.path} comes before cross_entropy, which has its own softmax: the network "
            "learns slowly and its probabilities are wrong. Remove the layer.",
        )
    return ()
