"""Two engines side by side on one experiment: from the same weights, through the same steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.engines.protocol import EngineSpec, Model, StepPlan, weights_of
from imagette.errors import MissingExtra, UsageError
from imagette.experiment import Experiment
from imagette.network.graph import Graph, Node, Weight
from imagette.recipe.optimisers import SGD
from imagette.run.begin import first_values
from imagette.run.checks import check_together
from imagette.run.engine import absent_library, build
from imagette.run.on_engine import ENGINES
from imagette.run.own import bound_to_engine
from imagette.run.parity_report import (
    JUDGED_STEPS,
    Difference,
    NodeDifference,
    ParityReport,
    Side,
    StepDifference,
    error_of,
)
from imagette.run.prepare import Prepared, prepare
from imagette.store.provenance import PACKAGES, environment
from imagette.train.feed import advanced, place

# One step of SGD at a rate r moves a weight by r times its gradient. At this rate the rounding of
# the moved weight is that of the gradient; a power of two adds none of its own.
_GRADIENT_RATE = np.float32(2.0**16)

Arrays = Mapping[str, NDArray[Any]]

MADE_ON = ("imagette", "python", "numpy", "platform", "processor")


@dataclass(frozen=True)
class _Run:
    """What one engine made of the experiment."""

    side: Side
    model: Model
    gradients: Arrays  # of the first step, by trainable weight
    losses: list[float]
    correct: list[int]
    weights: Weights  # after the steps


def parity(
    experiment: Experiment,
    against: EngineSpec | None = None,
    *,
    steps: int = JUDGED_STEPS,
    num_images: int = 64,
    data_dir: Path | None = None,
    base: Path | None = None,
) -> ParityReport:
    """Compares the experiment's engine with `against`: by default the other one, set up alike.

    The experiment's own data, first weights and first `steps` step plans are used, so augmentation,
    dropout and schedule are in; the test set is not opened and nothing is kept. Raises UsageError
    for code of one's own, which one engine alone can run, and MissingExtra if an engine is absent.
    """
    _refuse_own(experiment)
    asked = experiment.engine.by_rule()
    pair = (asked, (against or _other_engine(asked)).by_rule())
    _refuse_absent(pair)
    prepared = prepare(experiment, data_dir, base)
    check_together(prepared)
    plans = list(_plans(prepared, steps))
    if not plans:
        raise UsageError("parity takes training steps. Got recipe.epochs = 0: set recipe.epochs=1.")
    first = first_values(prepared)
    made_on = environment()
    starts = ((pair[0], first), (pair[1], first), (pair[0], _nudged(first)))
    one, two, nudged = (_run(prepared, spec, weights, plans, made_on) for spec, weights in starts)
    images: Any = prepared.dataset.train.images[:num_images]  # bytes, or floats of streamed ones
    moments = {"the first weights": first, f"weights of step {len(one.losses)}": one.weights}
    moved = _differences(two.weights, nudged.weights, one.weights)
    kinds = _by_kind(prepared.graph, moved)
    return ParityReport(
        experiment=experiment.run.title,
        network=experiment.network.name or "network",
        parameters=prepared.graph.parameters,
        data=prepared.dataset.name,
        seed=experiment.seed,
        batch=prepared.planner.batch,
        num_images=len(images),
        sides=(one.side, two.side),
        made_on={key: made_on[key] for key in MADE_ON},
        nodes=tuple(_nodes(prepared, one.model, two.model, list(moments.values()), images)),
        logits=tuple(_logits(one.model, two.model, moments, images)),
        gradients=_differences(two.gradients, nudged.gradients, one.gradients),
        steps=tuple(_steps(one, two, nudged)),
        weights=kinds["weights"],
        statistics=kinds["statistics"],
        frozen=kinds["frozen"],
    )


def _by_kind(graph: Graph, found: Sequence[Difference]) -> dict[str, tuple[Difference, ...]]:
    """Those of trained weights, of batch norms' running statistics, and of frozen weights."""
    kinds = {weight.name: _kind(node, weight) for node in graph.nodes for weight in node.weights}
    named = ("weights", "statistics", "frozen")
    return {kind: tuple(one for one in found if kinds[one.name] == kind) for kind in named}


def _kind(node: Node, weight: Weight) -> str:
    if weight.trainable:
        return "weights"
    return "statistics" if node.function == "batchnorm" else "frozen"


def _refuse_own(experiment: Experiment) -> None:
    bound = bound_to_engine(experiment)
    if bound:
        raise UsageError(
            f"'{bound[0]}' is code of your own, written for {experiment.engine.name}: parity "
            "compares what two engines can both run, networks and recipes of imagette's own."
        )


def _refuse_absent(pair: Sequence[EngineSpec]) -> None:
    names = dict.fromkeys(spec.name for spec in pair)
    for name in names:
        library = absent_library(name)
        if library:
            needs = f"parity runs {' and '.join(names)}: " if len(names) > 1 else ""
            raise MissingExtra(f"{needs}{library}", name)


def _other_engine(spec: EngineSpec) -> EngineSpec:
    (name,) = set(ENGINES) - {spec.name}
    return spec.model_copy(update={"name": name})


def _plans(prepared: Prepared, steps: int) -> Iterator[StepPlan]:
    """The first steps of the experiment, as it would take them; it may have fewer."""
    planner, left = prepared.planner, steps
    for epoch in range(1, planner.epochs + 1):
        for plan in planner.epoch(epoch):
            part = plan.head(left)
            yield part
            left -= part.num_steps
            if not left:
                return


def _run(
    prepared: Prepared,
    spec: EngineSpec,
    first: Weights,
    plans: Sequence[StepPlan],
    made_on: Mapping[str, Any],
) -> _Run:
    model = _placed(prepared, spec, prepared.experiment.recipe)
    state, losses, correct = model.start(first), [], []
    for plan in plans:
        state, found, right = advanced(model, prepared.dataset.train, state, plan)
        losses += found.tolist()
        correct += right.tolist()
    gradients = _gradients(prepared, spec, first, plans[0])
    versions = {name: made_on[name] for name in PACKAGES[spec.name]}
    side = Side(spec.name, model.device, spec.precision, model.threads, versions, model.notes)
    return _Run(side, model, gradients, losses, correct, weights_of(model.save(state)))


def _gradients(prepared: Prepared, spec: EngineSpec, first: Weights, plan: StepPlan) -> Arrays:
    """The gradients of the first step: what plain SGD takes from the weights, over its rate."""
    plain = {"optimiser": SGD(), "groups": (), "averaging": None, "clip": None}
    recipe = prepared.experiment.recipe.model_copy(update=plain)
    model = _placed(prepared, spec, recipe)
    step = replace(plan.head(1), rates=np.full((1, 1), _GRADIENT_RATE))
    state, _, _ = advanced(model, prepared.dataset.train, model.start(first), step)
    moved = model.save(state)
    return {
        weight.name: (first[weight.name] - moved[weight.name].astype(np.float64)) / _GRADIENT_RATE
        for weight in prepared.graph.weights
        if weight.trainable
    }


def _placed(prepared: Prepared, spec: EngineSpec, recipe: Any) -> Model:
    model = build(prepared.graph, recipe, prepared.preprocess, spec)
    place(model, prepared.dataset.train)
    return model


def _nudged(weights: Weights) -> dict[str, NDArray[np.float32]]:
    """Every weight at the next float32 above: what any other order of a sum may do to it."""
    return {name: np.nextafter(value, np.float32(np.inf)) for name, value in weights.items()}


def _differences(a: Arrays, nudged: Arrays, b: Arrays) -> tuple[Difference, ...]:
    return tuple(
        Difference(name, error_of(a[name], value), error_of(nudged[name], value))
        for name, value in b.items()
    )


def _logits(
    one: Model, two: Model, moments: Mapping[str, Weights], images: Any
) -> Iterator[Difference]:
    """Of all the pictures in evaluation mode, with the same weights, moment by moment."""
    for name, weights in moments.items():
        a, b, nudged = (
            model.predict(values, images, len(images))
            for model, values in ((two, weights), (one, weights), (one, _nudged(weights)))
        )
        yield Difference(name, error_of(a, b), error_of(nudged, b))


def _nodes(
    prepared: Prepared, one: Model, two: Model, moments: Sequence[Weights], images: Any
) -> Iterator[NodeDifference]:
    """The outputs of every node with the same weights, at each of two moments."""
    nodes = prepared.graph.nodes
    paths = [node.path for node in nodes]
    looks = []
    for weights in moments:
        a, b = (model.activations(weights, images, paths) for model in (two, one))
        looks.append({path: error_of(a[path], b[path]) for path in paths})
    for node in nodes:
        errors = (look[node.path] for look in looks)
        yield NodeDifference(node.path, node.index, node.output_shape, *errors)


def _steps(one: _Run, two: _Run, nudged: _Run) -> Iterator[StepDifference]:
    losses = zip(one.losses, two.losses, nudged.losses, strict=True)
    correct = zip(one.correct, two.correct, strict=True)
    for step, ((b, a, other), right) in enumerate(zip(losses, correct, strict=True)):
        error, rounding = (error_of(np.array(loss), np.array(b)) for loss in (a, other))
        yield StepDifference(step, (b, a), right, error, rounding)
