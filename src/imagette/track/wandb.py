"""Weights & Biases, through its own package: history, configuration, results and pictures.

Nothing is sent but what is told here: no console, no code, no state of the machine. The run's id
stays, so a process that goes on continues the run; W&B passes over steps that it has had.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Literal, Self

from PIL import Image

from imagette.errors import UsageError
from imagette.plain import short
from imagette.run_spec import WandbSpec
from imagette.store.tracking import Told
from imagette.track.protocol import Target
from imagette.track.values import About, Epoch, Judged, Picture, Rewritten, Value
from imagette.train.events import Decision

BEGIN_SECONDS = 20
"""How long to try to reach the server at the beginning."""
END_SECONDS = 120
"""How long to wait at the end until the server has everything."""


class Wandb:
    """A run of W&B, which `run` is (of its own library), being told."""

    def __init__(self, run: Any, spec: WandbSpec) -> None:
        self._run, self._spec = run, spec

    @classmethod
    def target(cls, spec: WandbSpec, run: About, folder: Path) -> Target | None:
        """None offline: each of its folders holds the whole run, for the last one sent counts."""
        del folder  # W&B's own files lie there, wherever the run goes
        if _mode(spec) == "offline":
            return None
        return {"entity": spec.entity, "project": spec.project, "id": spec.id or run.id}

    @classmethod
    def begin(cls, spec: WandbSpec, run: About, folder: Path, told: Told) -> Self:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # it is sent what it is told here
        import wandb

        del told  # W&B itself knows which steps it has had
        try:
            with _asking_nobody():
                begun = wandb.init(
                    project=spec.project,
                    entity=spec.entity,
                    group=spec.group,
                    id=spec.id or run.id,
                    name=f"{run.title} {run.name}",
                    dir=str(folder),
                    mode=_mode(spec),
                    resume="allow" if _mode(spec) == "online" else None,
                    config={**run.settings, **run.facts},
                    settings=_settings(),
                )
        except wandb.errors.UsageError as error:
            raise UsageError(_no_key(error)) from error
        except wandb.errors.CommError as error:
            raise UsageError(_unreachable(error, spec)) from error
        begun.define_metric("step", hidden=True)
        begun.define_metric("*", step_metric="step")
        return cls(begun, spec)

    @property
    def where(self) -> str:
        if _mode(self._spec) == "offline":
            return f"{Path(self._run.dir).parent}, sent by wandb sync"
        return str(self._run.url)

    def tell(self, value: Value) -> str | None:
        match value:
            case Epoch(epoch, step, _, figures):
                self._run.log({"epoch": epoch, "step": step, **figures}, step=step)
            case Judged(figures=figures):
                self._run.summary.update(figures)
            case Rewritten(step):
                return (
                    f"figures from step {step} on are others now, and W&B keeps what it had: "
                    "another --id shows the new ones"
                )
            case Decision(what, decided, _):
                self._run.config.update({f"decided.{what}": decided}, allow_val_change=True)
            case Picture(name, step, _, png):
                at = step if step >= self._run.step else None  # W&B takes nothing for earlier steps
                self._run.log({name: self._image(png)}, step=at)
        return None

    def flush(self) -> bool:
        """False: until the end all is with a process of W&B, and told again if that dies."""
        return False

    def end(self, is_finished: bool) -> None:
        self._run.finish(exit_code=0 if is_finished else 1)

    @staticmethod
    def _image(png: bytes) -> Any:
        import wandb

        return wandb.Image(Image.open(BytesIO(png)))


def _mode(spec: WandbSpec) -> Literal["online", "offline", "disabled"]:
    """Whoever keeps W&B offline for all that they do (`WANDB_MODE`) has nothing sent by this."""
    kept = os.environ.get("WANDB_MODE") in ("offline", "dryrun", "disabled")
    return "offline" if kept else spec.mode


@contextmanager
def _asking_nobody() -> Iterator[None]:
    """W&B would ask at a terminal without a key, and send whatever the answer is."""
    terminal, sys.stdin = sys.stdin, StringIO()
    try:
        yield
    finally:
        sys.stdin = terminal


def _settings() -> Any:
    import wandb

    quiet: Mapping[str, Any] = {
        "console": "off",
        "silent": True,
        "disable_code": True,
        "disable_git": True,
        "disable_job_creation": True,
        "save_code": False,
        "x_disable_stats": True,
        "x_disable_meta": True,
        "x_disable_machine_info": True,
        "x_save_requirements": False,
    }
    patient: dict[str, Any] = {"finish_timeout_raises": True}
    for name, seconds in (("init_timeout", BEGIN_SECONDS), ("finish_timeout", END_SECONDS)):
        if f"WANDB_{name.upper()}" not in os.environ:
            patient[name] = seconds
    return wandb.Settings(**quiet, **patient)


def _no_key(error: Exception) -> str:
    return (
        f"W&B has no way in ({short(error, 100)}): run 'wandb login', set WANDB_API_KEY, or keep "
        "all on this machine with mode offline"
    )


def _unreachable(error: Exception, spec: WandbSpec) -> str:
    entity = f"entity {spec.entity!r}" if spec.entity else "your entity"
    return (
        f"W&B did not begin a run in project {spec.project!r} of {entity} ({short(error, 300)}): "
        "check both and the network; mode offline needs none"
    )
