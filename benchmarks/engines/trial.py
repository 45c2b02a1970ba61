"""One training of two epochs in a process of its own: libraries and their threads never meet.

The parent calls `run`; the process is `python -m benchmarks.engines.trial CONTENDER CASE SETTING`,
and its last line is what it measured, as JSON.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from imagette.network.catalogue import entry

from .case import Case, Measured, Setting, open_images
from .contenders import CONTENDERS

ROOT = Path(__file__).parents[2]


class TrialError(Exception):
    """Why a contender could not be measured, in one line."""


def run(contender: str, case: Case, setting: Setting) -> Measured:
    """Measures in a new process; raises TrialError where that ends badly."""
    words = [contender, json.dumps(asdict(case)), json.dumps(asdict(setting))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engines.trial", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "JAX_ENABLE_COMPILATION_CACHE": "false",  # so that each first epoch compiles
            **CONTENDERS[contender].environment,
            **_threads(setting.threads),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise TrialError(f"failed: {said[-1]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _threads(number: int | None) -> dict[str, str]:
    """How PyTorch's libraries, and XLA (NPROC), are told the number of their threads."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC") if number else ()
    return dict.fromkeys(names, str(number))


def _measure(name: str, case: Case, setting: Setting) -> Measured:
    contender = CONTENDERS[name]
    dataset = open_images(case.images)
    module = import_module(f"{__package__}.{contender.module}")
    measured: Measured = module.measure(contender.way, case, setting, dataset)
    expected = entry(case.network).parameters
    if measured.parameters != expected:
        raise SystemExit(
            f"{name}'s {case.network} must have {expected:,} parameters. "
            f"Got {measured.parameters:,}."
        )
    return measured


def main() -> None:
    name, case, setting = sys.argv[1:]
    measured = _measure(name, Case(**json.loads(case)), Setting(**json.loads(setting)))
    print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
