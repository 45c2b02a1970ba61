"""Publishes finished runs as results/<experiment>/<seed>/.

    python scripts/publish.py RUN...               what `make results` makes its tables of
    python scripts/publish.py RUN --name mnist_8k  under another name than the run's title
    python scripts/publish.py --ablation SWEEP --name mnist_8k   as results/ablations/mnist_8k.json

A published run has the run's settings, history, decisions, evaluations, its rows of the ledger, and
its last weights up to 2.5 MB; docs/results.md says what stays behind.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from imagette import ImagetteError
from imagette.run.ablation import ablation_of, write_ablation
from imagette.run.publish import Result, publish

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a finished run's folder")
    parser.add_argument("--to", type=Path, default=RESULTS, help="where results lie")
    parser.add_argument("--name", help="of the experiment; the run's title if left out")
    parser.add_argument("--overwrite", action="store_true", help="replace a result that is there")
    parser.add_argument("--ablation", action="store_true", help="RUNs are a sweep's: its figures")
    parser.add_argument("--against", help="the variant to compare with, of an ablation")
    asked = parser.parse_args(arguments)
    if asked.ablation and not asked.name:
        parser.error("--ablation needs --name EXPERIMENT")
    if asked.against and not asked.ablation:
        parser.error("--against is for --ablation")
    try:
        _publish(asked)
    except ImagetteError as error:
        print(f"publish: error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _publish(asked: argparse.Namespace) -> None:
    if asked.ablation:
        found = ablation_of(asked.runs, asked.name, asked.against)
        print(f"published {write_ablation(asked.to, found, asked.overwrite)}")
        return
    for run in asked.runs:
        _tell(publish(run, asked.to, asked.name, asked.overwrite))


def _tell(result: Result) -> None:
    print(f"published {result.path} ({result.size_bytes:,} bytes)")
    print(f"  without {'; '.join(result.left_out)}")
    for remark in result.remarks:
        print(f"  note: {remark}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
