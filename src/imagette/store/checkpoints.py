"""The checkpoints of a run: which there are, which is the last, which the best, which may go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagette.arrays import Weights
from imagette.errors import StoreError, UsageError
from imagette.store.checkpoint import (
    WEIGHTS,
    ModelCard,
    Saved,
    read_checkpoint,
    read_meta,
    without_state,
    write_checkpoint,
)
from imagette.store.damage import WHOLE, checked
from imagette.store.json_files import Row, read_json, write_json
from imagette.store.tensors import Arrays
from imagette.store.whole import remove_folder

Which = Literal["last", "best"]

_STEP = re.compile("0|[1-9][0-9]{0,17}")  # how a checkpoint's folder is called


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Those in the folder of a run, `checkpoints/<step>/`, and the two files that mark some."""

    run: Path

    def steps(self) -> tuple[int, ...]:
        """The steps that have a checkpoint, in order; whether it is good, `load` says."""
        folder = self.run / "checkpoints"
        names = (entry.name for entry in folder.iterdir()) if folder.is_dir() else ()
        return tuple(sorted(int(name) for name in names if _STEP.fullmatch(name)))

    def can_be_marked(self, step: int) -> bool:
        """Whether the checkpoint says what it holds; its tensors go unread."""
        try:
            read_meta(self._folder(step))
        except StoreError:
            return False
        return True

    def write(self, step: int, weights: Weights, state: Arrays, card: ModelCard, meta: Row) -> str:
        """Write the checkpoint of `step`, mark it the last, and return its weights' digest.

        `meta` (JSON) holds the epoch and the position within it; format, step and digests are
        added to it.
        """
        digest = write_checkpoint(self._folder(step), step, weights, state, card, meta)
        self.mark("last", step)
        return digest

    def mark(self, which: Which, step: int) -> None:
        """Record that the checkpoint of `step` is now the last, or the best."""
        digests = read_meta(self._folder(step))["digests"]
        write_json(self.run / f"{which}.json", mark_of(step, digests))

    def load(self, which: Which | int = "last") -> Saved:
        """Read the last or the best checkpoint, or that of a step, and verify its digests.

        Raises StoreError if it is missing or damaged: that never means new weights.
        """
        if isinstance(which, int):
            return read_checkpoint(self._folder(which))
        marked = self._marked(which)
        saved = read_checkpoint(self._folder(marked["step"]))
        if saved.weights_digest != marked.get("digest"):
            raise StoreError(
                f"checkpoint {saved.step} of {self.run} is not the one that {which}.json names "
                "(digests differ): copy the run again"
            )
        return saved

    def newest_good(self) -> tuple[Saved, str | None]:
        """The newest checkpoint that is whole, and what to say of newer ones that are not.

        One that was published has no optimiser's state, and nothing goes on from it.
        """
        refused: list[str] = []
        for step in reversed(self.steps()):
            try:
                saved = read_checkpoint(self._folder(step))
            except StoreError as error:
                refused.append(str(error))
                continue
            if not saved.has_state:
                refused.append(f"{saved.folder} was published without the optimiser's state")
                continue
            if refused:
                return saved, f"{'; '.join(refused)}. Going back to step {saved.step}."
            return saved, None
        found = "; ".join(refused) or "there is none"
        raise StoreError(f"{self.run} has no checkpoint to go on from: {found}. Train it again.")

    def prune(self, keep: int) -> tuple[int, ...]:
        """Remove all but the newest `keep` (>= 1) checkpoints; last and best always stay.

        Returns the steps removed.
        """
        if keep < 1:
            raise UsageError(f"The number of checkpoints to keep must be at least 1. Got {keep}.")
        marked = {self._marked(which)["step"] for which in self._marks()}
        spare = tuple(step for step in self.steps()[:-keep] if step not in marked)
        for step in spare:
            remove_folder(self._folder(step))
        return spare

    def published(self, step: int) -> dict[str, bytes]:
        """The files of the checkpoint of `step` without the optimiser's state, by name."""
        return without_state(self._folder(step))

    def _folder(self, step: int) -> Path:
        return self.run / "checkpoints" / str(step)

    def _marks(self) -> list[Which]:
        which: tuple[Which, ...] = ("last", "best")
        return [mark for mark in which if (self.run / f"{mark}.json").exists()]

    def _marked(self, which: Which) -> Row:
        path = self.run / f"{which}.json"
        if not path.exists():
            has = ", ".join(str(step) for step in self.steps()) or "none"
            raise StoreError(f"{self.run} has no {which} checkpoint; those by step: {has}")
        return checked(read_json(path), path, {"step": WHOLE})


def mark_of(step: int, digests: Mapping[str, str]) -> Row:
    """What `last.json` and `best.json` hold."""
    return {"step": step, "digest": digests[WEIGHTS]}
