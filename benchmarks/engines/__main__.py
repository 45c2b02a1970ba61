"""imagette's engines beside plain PyTorch, Lightning, skorch and Keras 3: training speed.

The same networks, images in memory, batches, loss and optimiser (SGD .001, momentum .9), float32.
Every figure is the second epoch of a training in a process of its own, without evaluation; what the
first epoch takes, compilation and all, is apart. The contenders take turns, round by round.

Two tables a case: the same precision and layout (float32, NHWC, all else as each chooses by
itself); and each at its best (layout, one thread or one a core, float32 or each library's own
bfloat16, in PyTorch fused optimiser), chosen by one trial of every setting that no figure holds.
`plain` is a loop with a DataLoader, `bare` the same loop with tensors that it indexes itself.
CIFAR-10 from the cache, else random pixels.

    python -m benchmarks.engines --rounds 5 --json engines.json
    python -m benchmarks.engines --network lenet_cifar --batch 4 --contenders imagette-torch,bare
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from imagette.store.provenance import environment

from .case import CASES, Case, open_images
from .contenders import CONTENDERS
from .rounds import Rounds, at_their_best, measure, same_for_all
from .table import table


def main() -> None:
    asked = _parser().parse_args()
    names = asked.contenders.split(",")
    if unknown := set(names) - CONTENDERS.keys():
        raise SystemExit(f"no contender is called {', '.join(unknown)}: {', '.join(CONTENDERS)}")
    cases = list(_cases(asked))
    if not cases:
        raise SystemExit(f"no case is asked for. There are {', '.join(map(_title, CASES))}.")
    about = _about(names)
    print("  ".join(f"{key} {value}" for key, value in about.items()), flush=True)
    results = []
    for case in cases:
        rounds = measure(
            case, names, asked.rounds, lambda line: print(line, flush=True), asked.same
        )
        print(f"\n{_report(rounds, asked.rounds, asked.same)}\n", flush=True)
        results.append(_as_json(rounds))
        if asked.json:  # after each case: an end before the last loses nothing
            asked.json.write_text(json.dumps({"about": about, "cases": results}, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines")
    parser.add_argument("--network", choices=sorted({case.network for case in CASES}))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--images", type=int, help="in an epoch; absent: a few seconds' work")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--same", action="store_true", help="the first table alone, sooner")
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help="separated by commas")
    parser.add_argument("--json", type=Path, help="a file for all that was measured")
    return parser


def _cases(asked: argparse.Namespace) -> Iterator[Case]:
    for case in CASES:
        if asked.network in (None, case.network) and asked.batch in (None, case.batch):
            yield replace(case, images=asked.images or case.images)


def _title(case: Case) -> str:
    return f"{case.network} at batch {case.batch}"


def _about(names: Sequence[str]) -> dict[str, Any]:
    """Processor, data and versions."""
    machine = environment()
    present = (CONTENDERS[name] for name in names if not CONTENDERS[name].missing)
    return {
        "processor": machine["processor"],
        "cores": machine["cores"],
        "data": "random pixels" if open_images(10).name == "live" else "cifar10",
        **{key: machine[key] for key in ("commit", "python", "numpy")},
        **{key: value for contender in present for key, value in contender.versions.items()},
    }


def _report(rounds: Rounds, number: int, same_alone: bool) -> str:
    case, lines = rounds.case, rounds.lines()
    title = f"{_title(case)}, {case.images:,} images an epoch, medians of n = {number} rounds"
    same = table(same_for_all(lines), rounds.failures)
    if same_alone:
        return f"{title}\nthe same: float32, NHWC\n{same}"
    best = table(at_their_best(lines), {})
    return (
        f"{title}\nthe same: float32, NHWC\n{same}\neach at its best, float32 or bfloat16\n{best}"
    )


def _as_json(rounds: Rounds) -> dict[str, Any]:
    trials = [
        {"contender": name, "setting": asdict(setting), "rounds": [asdict(m) for m in measured]}
        for (name, setting), measured in rounds.found.items()
    ]
    return {"case": asdict(rounds.case), "trials": trials, "failures": rounds.failures}


if __name__ == "__main__":
    main()
