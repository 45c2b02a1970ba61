"""What is "auto" in `engine`: precision and threads, measured once and remembered.

A choice can move bits, so it is made only where it is asked for, is put on record as a decision
before training, and is repeated on resuming.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from math import ceil
from statistics import median
from time import perf_counter
from typing import Any

from imagette.arrays import Weights
from imagette.engines.initial import first_weights
from imagette.engines.own import Own
from imagette.engines.protocol import EngineSpec, Model
from imagette.machine import threads_for, usable_cores
from imagette.network import cost_table
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe
from imagette.recipe.schedules import Constant
from imagette.run.engine import build
from imagette.run.prepare import Prepared
from imagette.run.rehearsal import placed, plans
from imagette.store.choices import chosen
from imagette.store.provenance import PACKAGES, environment
from imagette.train.events import Decision
from imagette.train.plan import Planner

MARGIN = 1.1
"""How many times as fast as float32, and as the fixed rule's threads, another choice must be."""

ROUNDS, ROUND_SECONDS, MOST_SECONDS = 7, 0.1, 10.0
FEWEST_IMAGES = 1024  # random ones, of which a round takes its steps

Measure = Callable[[Sequence[Model], Planner, Weights], Sequence[Sequence[float]]]
"""Seconds of a step: of each round a list, with a number for each of the models."""


@dataclass(frozen=True)
class Settled:
    """An engine with nothing left to measure, and what was decided for that."""

    engine: EngineSpec
    decisions: tuple[Decision, ...] = ()


def step_seconds(models: Sequence[Model], planner: Planner, first: Weights) -> list[list[float]]:
    """As `Measure` says, on the clock: the models take turns, a first step of each is left out."""
    states = [model.start(first) for model in models]
    plan = next(plans(planner))
    steps = ceil(ROUND_SECONDS / max(_turn(models, states, plan.head(1))))
    rounds: list[list[float]] = []
    began = perf_counter()
    part = plan.head(steps)
    while len(rounds) < ROUNDS and (not rounds or perf_counter() - began < MOST_SECONDS):
        rounds.append([seconds / part.num_steps for seconds in _turn(models, states, part)])
    return rounds


def _turn(models: Sequence[Model], states: list[Any], plan: Any) -> list[float]:
    found = []
    for i, model in enumerate(models):
        began = perf_counter()
        states[i], _, _ = model.advance(states[i], plan)
        found.append(perf_counter() - began)
    return found


def decided(prepared: Prepared, measure: Measure = step_seconds) -> Prepared:
    """The same with a model of what is chosen where its experiment says "auto"."""
    experiment = prepared.experiment
    recipe = experiment.recipe.model_copy(update={"batch": prepared.planner.batch})
    settled = settle(experiment.engine, prepared.graph, recipe, prepared.own, measure)
    if not settled.decisions:
        return prepared
    graph, own = prepared.graph, prepared.own
    model = build(graph, experiment.recipe, prepared.preprocess, settled.engine, own)
    return replace(prepared, model=model, decisions=settled.decisions)


def settle(
    asked: EngineSpec,
    graph: Graph,
    recipe: Recipe,
    own: Own | None = None,
    measure: Measure = step_seconds,
) -> Settled:
    """Precision and threads in place of "auto": the fastest that is `MARGIN` times as fast.

    As fast as float32 and the fixed rule's threads, that is, by the median over rounds. One
    measurement a network, batch, engine and machine: the state folder keeps it. Steps are the
    recipe's, on random pictures of full size.
    """
    open_keys = [key for key in ("precision", "threads") if getattr(asked, key) == "auto"]
    if not open_keys:
        return Settled(asked)
    assert recipe.batch != "all", "the planner knows how many images that is"
    if asked.name == "jax":
        return _of_jax(asked, recipe.batch, open_keys)
    planner = _planner(graph, recipe, recipe.batch)
    candidates = tuple(_candidates(asked, recipe.batch))
    key = _key(asked, candidates, planner)

    def choose() -> dict[str, Any]:
        first = own.first_values() if own and own.has_network else first_weights(graph)
        models = [placed(planner, one, own) for one in candidates]
        return _choice(candidates, measure(models, planner, first))

    value, was_known = chosen(key, choose)
    engine = asked.model_copy(update={name: value["chosen"][name] for name in open_keys})
    reasons = (_because(value, was_known), "by the same measurement")
    made = zip(open_keys, reasons, strict=False)
    return Settled(engine, tuple(Decision(k, value["chosen"][k], why) for k, why in made))


def _of_jax(asked: EngineSpec, batch: int, open_keys: Sequence[str]) -> Settled:
    """JAX has one precision here, and its threads are set before it can be measured."""
    found = {
        "precision": Decision("precision", "float32", "JAX trains in float32 alone"),
        "threads": Decision(
            "threads",
            threads_for(batch),
            "the fixed rule: JAX takes its threads when it starts, before it can be measured",
        ),
    }
    return Settled(asked.by_rule(), tuple(found[key] for key in open_keys))


def _planner(graph: Graph, recipe: Recipe, batch: int) -> Planner:
    """Of the recipe's own steps, at full size and a constant rate."""
    plain = {"epochs": 1, "schedule": Constant(), "sizes": None, "whitening": None}
    num_images = batch * ceil(FEWEST_IMAGES / batch)
    return Planner(graph, recipe.model_copy(update=plain), 0, num_images)


def _candidates(asked: EngineSpec, batch: int) -> Iterator[EngineSpec]:
    """The first is what is taken unless another is faster."""
    precisions = ("float32", "bfloat16") if asked.precision == "auto" else (asked.precision,)
    threads = _thread_counts(batch) if asked.threads == "auto" else (asked.num_threads,)
    for precision, count in product(precisions, threads):
        yield asked.model_copy(update={"precision": precision, "threads": count})


def _thread_counts(batch: int) -> tuple[int, ...]:
    """The fixed rule's, then every power of two, and all cores."""
    cores = usable_cores()
    powers = (2**i for i in range(cores.bit_length()))
    return tuple(dict.fromkeys([threads_for(batch), *powers, cores]))


def _key(asked: EngineSpec, candidates: Sequence[EngineSpec], planner: Planner) -> dict[str, Any]:
    """All that a measurement depends on, but for what else the machine does meanwhile."""
    made_on = environment()
    network = json.dumps(cost_table(planner.graph).as_json(), sort_keys=True)
    return {
        "network": sha256(network.encode()).hexdigest(),
        "input": list(planner.graph.input_shape),
        "batch": planner.batch,
        "parts": planner.recipe.accumulate,
        "engine": asked.name,
        "device": asked.device,
        "candidates": [[one.precision, one.threads] for one in candidates],
        "processor": made_on["processor"],
        "cores": made_on["cores"],
        "versions": {name: made_on[name] for name in ("imagette", *PACKAGES[asked.name])},
    }


def _choice(candidates: Sequence[EngineSpec], rounds: Sequence[Sequence[float]]) -> dict[str, Any]:
    """What each candidate took, and the one to take."""
    measured: list[dict[str, Any]] = [
        {
            "precision": one.precision,
            "threads": one.threads,
            "step_seconds": median(row[i] for row in rounds),
            "times_as_fast": median(row[0] / row[i] for row in rounds),
        }
        for i, one in enumerate(candidates)
    ]
    fastest = max(measured, key=lambda row: row["times_as_fast"])
    taken = fastest if fastest["times_as_fast"] >= MARGIN else measured[0]
    return {"chosen": taken, "measured": measured, "rounds": len(rounds)}


def _because(value: Mapping[str, Any], was_known: bool) -> str:
    first, *others = value["measured"]
    told = [f"{_name(first)} {_milliseconds(first)}"]
    told += [
        f"{_name(row)} {_milliseconds(row)}, {row['times_as_fast']:.2f} times as fast"
        for row in others
    ]
    before = " before, on this machine" if was_known else ""
    return f"measured{before}, a step: {'; '.join(told)}; taken from {MARGIN} times on"


def _name(row: Mapping[str, Any]) -> str:
    count = row["threads"]
    threads = "" if count is None else f" on {count} thread{'s' if count > 1 else ''}"
    return f"{row['precision']}{threads}"


def _milliseconds(row: Mapping[str, Any]) -> str:
    return milliseconds(row["step_seconds"])


def milliseconds(seconds: float) -> str:
    """Three digits or, of large numbers, all before the point.

    >>> milliseconds(0.0012345), milliseconds(2.0689)
    ('1.23 ms', '2,069 ms')
    """
    value = 1000 * seconds
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"
