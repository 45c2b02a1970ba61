"""How fast a network trains and predicts on this machine, how near to its peak, and on what.

Random pictures, the recipe's defaults but for SGD's momentum, nothing kept.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median
from time import perf_counter
from typing import Any

from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, Model, State
from imagette.network.cost import Cost
from imagette.network.graph import Graph
from imagette.network.tensors import Shape
from imagette.recipe.optimisers import SGD
from imagette.recipe.recipe import Recipe
from imagette.run.checks import check_single_image, check_trainable
from imagette.run.choice import Measure, settle, step_seconds
from imagette.run.engine import engine_of
from imagette.run.rehearsal import pictures, placed, plans
from imagette.train.events import Decision
from imagette.train.plan import Planner

FEWEST_IMAGES, FEWEST_BATCHES = 256, 4  # of the random pictures
PEAK_SECONDS = 0.3  # before the rest, and after it


@dataclass(frozen=True)
class Rate:
    """Images a second, and what that is in multiplications and additions of the graph's count."""

    images_per_second: float
    gflops: float  # 10^9 of them a second
    share: float  # of the convolution peak in the same precision


@dataclass(frozen=True)
class NodeTime:
    """Seconds of one step of a batch; operations are multiplications and additions of an image."""

    index: int
    path: str
    output_shape: Shape
    forward_seconds: float
    backward_seconds: float
    operations: int  # forward, and the two gradients of convolutions and linears

    @property
    def seconds(self) -> float:
        return self.forward_seconds + self.backward_seconds


@dataclass(frozen=True)
class Profile:
    """What was measured. Seconds are of wall clock, medians; inference is always in float32."""

    device: str
    notes: tuple[str, ...]
    decisions: tuple[Decision, ...]  # of precision and threads, where they are "auto"
    parameters: int
    batch: int
    precision: str
    step_seconds: float
    training: Rate
    inference: Rate
    peaks: Mapping[str, float]  # GFLOP/s by precision: of a 3x3 convolution, both ways
    nodes: tuple[NodeTime, ...] | None  # None where the engine cannot tell them apart
    watched_seconds: float | None  # a step while its nodes were timed

    @property
    def overhead(self) -> float | None:
        """The share by which timing the nodes made a step longer."""
        return self.watched_seconds / self.step_seconds - 1 if self.watched_seconds else None

    @property
    def elsewhere(self) -> float | None:
        """Seconds of a watched step in no node: images, loss, optimiser, autograd itself."""
        if self.nodes is None or self.watched_seconds is None:
            return None
        return self.watched_seconds - sum(node.seconds for node in self.nodes)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "overhead": self.overhead, "elsewhere_seconds": self.elsewhere}


def profile(
    graph: Graph,
    engine: EngineSpec,
    *,
    batch: int = 128,
    seconds: float = 2.0,
    measure: Measure = step_seconds,
) -> Profile:
    """Trains, predicts and times every node for some `seconds` each.

    What is "auto" in `engine` is chosen first, as `imagette.run.choice.settle` does by `measure`.
    Raises UsageError for a network that cannot be trained, or not in such batches.

    >>> from imagette import named, walk
    >>> from imagette.engines.protocol import EngineSpec
    >>> graph = walk(named("softmax"), (1, 28, 28))
    >>> profile(graph, EngineSpec(device="cpu"), batch=20, seconds=0.1).parameters
    7850
    """
    recipe = Recipe(batch=batch, optimiser=SGD(momentum=0.9))
    planner = Planner(graph, recipe, 0, batch * _num_batches(batch))
    check_trainable(graph)
    check_single_image(planner)
    settled = settle(engine, graph, recipe, measure=measure)
    engine = settled.engine
    model, before = placed(planner, engine), _peaks(engine)
    seconds_a_step = _seconds_a_step(model, planner, seconds)
    forward, backward = _work(graph.cost), _work(graph.backward)
    training = (batch / seconds_a_step, forward + backward, engine.precision)
    inference = (_predicted(model, planner, seconds), forward, "float32")
    nodes, watched_seconds = _nodes(model, planner, seconds)
    # A peak is the fastest that was seen: other work may hide it from one look.
    peaks = {kind: max(rate, before[kind]) for kind, rate in _peaks(engine).items()}
    return Profile(
        device=model.device,
        notes=model.notes,
        decisions=settled.decisions,
        parameters=graph.parameters,
        batch=batch,
        precision=engine.precision,
        step_seconds=seconds_a_step,
        training=_rate(*training, peaks),
        inference=_rate(*inference, peaks),
        peaks=peaks,
        nodes=nodes,
        watched_seconds=watched_seconds,
    )


def _num_batches(batch: int) -> int:
    return max(FEWEST_BATCHES, ceil(FEWEST_IMAGES / batch))


def _work(cost: Cost) -> int:
    return cost.multiplications + cost.additions


def _rate(images_per_second: float, work: int, precision: str, peaks: Mapping[str, float]) -> Rate:
    gflops = images_per_second * work / 1e9
    return Rate(images_per_second, gflops, gflops / peaks[precision])


def _peaks(engine: EngineSpec) -> dict[str, float]:
    """Of every precision that the engine has."""
    precisions = ("float32", "bfloat16") if engine.name == "torch" else ("float32",)
    measure = engine_of(engine.name).convolution_rate
    return {
        precision: measure(engine.model_copy(update={"precision": precision}), PEAK_SECONDS)
        for precision in precisions
    }


def _started(model: Model, planner: Planner) -> State:
    return model.start(first_weights(planner.graph, planner.recipe))


def _seconds_a_step(model: Model, planner: Planner, seconds: float) -> float:
    """The median over plans; the first, which compiles, is left out."""
    steps, end = plans(planner), None
    found: list[float] = []
    state = _started(model, planner)
    while end is None or perf_counter() < end:
        plan = next(steps)
        began = perf_counter()
        state, _, _ = model.advance(state, plan)
        now = perf_counter()
        if end is None:
            end = now + seconds
        else:
            found.append((now - began) / plan.num_steps)
    return median(found or [now - began])


def _predicted(model: Model, planner: Planner, seconds: float) -> float:
    """Images a second, the median over passes; the first is left out."""
    weights, images = first_weights(planner.graph, planner.recipe), pictures(planner)
    model.predict(weights, images, planner.batch)
    found: list[float] = []
    end = perf_counter() + seconds
    while not found or perf_counter() < end:
        began = perf_counter()
        model.predict(weights, images, planner.batch)
        found.append(len(images) / (perf_counter() - began))
    return median(found)


def _nodes(
    model: Model, planner: Planner, seconds: float
) -> tuple[tuple[NodeTime, ...] | None, float | None]:
    """Every node's share of a step, and the seconds of such a step, both means."""
    totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    steps, spent, end = 0, 0.0, perf_counter() + seconds
    for plan in plans(planner):
        state = _started(model, planner)
        began = perf_counter()
        found = model.node_seconds(state, plan)
        spent += perf_counter() - began
        if found is None:
            return None, None
        steps += plan.num_steps
        for path, pair in found.items():
            totals[path] = [old + new for old, new in zip(totals[path], pair, strict=True)]
        if perf_counter() > end:
            break
    nodes = (
        NodeTime(
            index=node.index,
            path=node.path,
            output_shape=node.output_shape,
            forward_seconds=totals[node.path][0] / steps,
            backward_seconds=totals[node.path][1] / steps,
            operations=_work(node.cost) + _work(node.backward),
        )
        for node in planner.graph.nodes
    )
    return tuple(nodes), spent / steps
