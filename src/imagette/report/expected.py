"""What a written account is expected to hold: there, or missing with the command that brings it."""

import shlex
from collections.abc import Iterator

from imagette.report.blocks import Tick
from imagette.report.comparison_page import Compared
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record
from imagette.report.sections.objective import limits, purpose

_FEWEST_VARIANTS = 2


def expected(found: Compared, best: Record, say: Language) -> Iterator[Tick]:
    """One tick for each thing that source 001 asks an account for."""
    yield _objective(best, say)
    yield _constraints(best, say)
    yield _variants(found, say)
    yield _differences(found, say)
    yield _is_best(found, best, say)
    yield _curve(best, say)
    yield _network(best, say)
    yield _classes(best, say)
    yield _test(best, say)
    yield Tick(say("account.discussion"), done=False, detail=say("account.discussion_detail"))


def _tick(name: str, done: bool, say: Language, there: str = "", missing: str = "") -> Tick:
    return Tick(say(f"account.{name}"), done, there if done else missing)


def _objective(best: Record, say: Language) -> Tick:
    missing = say("account.objective_missing")
    return _tick("objective", bool(purpose(best.experiment)), say, missing=missing)


def _constraints(best: Record, say: Language) -> Tick:
    found = limits(best)
    if not found:
        command = "imagette train EXPERIMENT --set budget=250k-1h"
        return _tick("constraints", False, say, missing=say("account.run", command=command))
    shares = {key: took / most for key, (most, took) in found.items() if took is not None}
    told = ", ".join(f"{say(f'budget.{key}')} {say.percent(shares.get(key))}" for key in found)
    kept = shares.keys() == found.keys() and max(shares.values()) <= 1
    return _tick("constraints", kept, say, told, told)


def _variants(found: Compared, say: Language) -> Tick:
    finished = [one for one in found.variants if one.accuracy]
    if len(finished) == len(found.variants) >= _FEWEST_VARIANTS:
        return _tick("variants", True, say, say("account.variants_there", n=len(finished)))
    if len(found.variants) < _FEWEST_VARIANTS:
        missing = say("account.run", command="imagette sweep lenet_sizes")
    else:
        open_runs = [run.path for one in found.variants if not one.accuracy for run in one.runs]
        missing = say("account.run", command=f"imagette train --resume {shlex.quote(open_runs[0])}")
    return _tick("variants", False, say, missing=missing)


def _differences(found: Compared, say: Language) -> Tick:
    others = [one for one in found.variants if one.name != found.against]
    tested = [one for one in others if one.difference and one.difference.p is not None]
    if not others:
        return _tick("differences", False, say, missing=say("account.one_variant"))
    counts = say("account.tested", tested=len(tested), all=len(others))
    return _tick("differences", len(tested) == len(others), say, counts, counts)


def _is_best(found: Compared, best: Record, say: Language) -> Tick:
    mine = found.variant_of(best.path)
    higher = [
        one
        for one in found.variants
        if one.accuracy
        and mine
        and mine.accuracy
        and one.split == mine.split
        and one.accuracy.mean > mine.accuracy.mean
    ]
    if not higher or mine is None or mine.accuracy is None:
        return _tick("best", bool(mine and mine.accuracy), say, missing=say("account.unjudged"))
    top = max(higher, key=lambda one: one.accuracy.mean if one.accuracy else 0.0)
    assert top.accuracy is not None
    accuracy = say.percent(top.accuracy.mean, 2)
    return _tick(
        "best", False, say, missing=say("account.not_best", name=shown(top.name), accuracy=accuracy)
    )


def _curve(best: Record, say: Language) -> Tick:
    judged = [row for row in best.history if any(key.endswith("_accuracy") for key in row)]
    from_chance = bool(judged) and judged[0]["epoch"] == 0 and len(judged) > 1
    there = say("unit.epochs", n=len(judged) - 1) if from_chance else ""
    command = f"imagette train --resume {shlex.quote(best.path)}"
    return _tick("curve", from_chance, say, there, say("account.run", command=command))


def _network(best: Record, say: Language) -> Tick:
    uncounted = best.cost.get("uncounted", ())
    there = say("account.functions", n=len(best.cost["nodes"]))
    missing = say("account.uncounted", paths=", ".join(shown(path) for path in uncounted))
    return _tick("network", not uncounted, say, there, missing)


def _classes(best: Record, say: Language) -> Tick:
    evaluation = best.evaluation
    there = say("account.classes_there", n=len(evaluation.per_class)) if evaluation else ""
    command = f"imagette evaluate {shlex.quote(best.path)}"
    return _tick("classes", evaluation is not None, say, there, say("account.run", command=command))


def _test(best: Record, say: Language) -> Tick:
    judged = best.evaluations.get("test")
    there = say("account.test_there", accuracy=say.percent(judged.accuracy, 2)) if judged else ""
    command = f"imagette evaluate {shlex.quote(best.path)} --split test --open-test"
    return _tick("test", judged is not None, say, there, say("account.run_once", command=command))
