"""The trackers by name: what they are called, what they need, and their classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from imagette.errors import MissingExtra
from imagette.run_spec import TensorBoardSpec, WandbSpec
from imagette.track.protocol import Tracker
from imagette.track.tensorboard import TensorBoard
from imagette.track.wandb import Wandb


@dataclass(frozen=True)
class Kind:
    """A tracker's class, and the package that it needs, which its extra of the same name brings."""

    title: str
    package: str
    tracker: type[Tracker]


TRACKERS: Mapping[str, Kind] = {
    "tensorboard": Kind("TensorBoard", "tensorboard", TensorBoard),
    "wandb": Kind("Weights & Biases", "wandb", Wandb),
}


def is_on(spec: TensorBoardSpec | WandbSpec) -> bool:
    """False where it is switched off by its own settings."""
    return not (isinstance(spec, WandbSpec) and spec.mode == "disabled")


def refuse_absent_trackers(specs: Sequence[TensorBoardSpec | WandbSpec]) -> None:
    """The same for all that are switched on."""
    for spec in filter(is_on, specs):
        refuse_absent(spec.name)


def refuse_absent(name: str) -> None:
    """Raises MissingExtra, which says how to install it, where a tracker's package is absent."""
    kind = TRACKERS[name]
    found = find_spec(kind.package)
    # W&B leaves folders of its own name, and a folder without code passes for a package.
    if found is None or found.origin is None:
        raise MissingExtra(f"{kind.title} (tracking)", name)
