"""Several networks as one: the mean of their probabilities on the images that all have seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels, Logits
from imagette.errors import UsageError
from imagette.evaluate.comparison import Correct, Digests, same_images
from imagette.evaluate.evaluation import Interval
from imagette.evaluate.losses import probabilities
from imagette.evaluate.metrics import interval


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network said of N images: their digests [N,32], labels [N] and its logits [N,K]."""

    digests: Digests
    labels: Labels
    logits: Logits

    def __post_init__(self) -> None:
        n = len(self.logits)
        if self.logits.ndim != 2 or self.labels.shape != (n,) or self.digests.shape[:1] != (n,):
            raise ValueError("digests, labels and logits are of different numbers of images")

    @property
    def correct(self) -> Correct:
        right: Correct = self.logits.argmax(axis=1) == self.labels
        return right

    def of(self, rows: NDArray[np.intp]) -> "Answers":
        return Answers(self.digests[rows], self.labels[rows], self.logits[rows])


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The accuracy of several networks as one on n images, and that of each on the same images."""

    accuracy: float
    interval: Interval
    n: int
    members: tuple[tuple[str, float], ...]  # name and accuracy

    def as_json(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "n": self.n,
            "members": [{"name": name, "accuracy": one} for name, one in self.members],
        }


def ensemble(answers: Sequence[tuple[str, Answers]]) -> Ensemble:
    """The class of the highest mean probability, image by image; probabilities by the softmax.

    Images are found by their digests. Raises UsageError, naming who, for fewer than two networks,
    or such as have no images, classes or labels in common.

    >>> digests, labels = np.arange(6, dtype=np.uint8).reshape(3, 2), np.array([0, 1, 1], np.int32)
    >>> sure = Answers(digests, labels, np.float32([[4, 0], [0, 4], [1, 0]]))
    >>> unsure = Answers(digests, labels, np.float32([[0, 1], [0, 1], [0, 2]]))
    >>> ensemble([("a", sure), ("b", unsure)]).accuracy
    1.0
    """
    if len(answers) < 2:
        raise UsageError(f"An ensemble needs two runs or more. Got {len(answers)}.")
    first_name, first = answers[0]
    for name, other in answers[1:]:
        if other.logits.shape[1] != first.logits.shape[1]:
            raise UsageError(
                f"An ensemble needs runs of the same classes. Got {first.logits.shape[1]} in "
                f"{first_name}, {other.logits.shape[1]} in {name}."
            )
    digests = reduce(_shared, (one.digests for _, one in answers))
    if not len(digests):
        names = ", ".join(name for name, _ in answers)
        raise UsageError(f"An ensemble needs images that all were judged on. {names} share none.")
    found = [(name, one.of(same_images(one.digests, digests)[0])) for name, one in answers]
    labels = found[0][1].labels
    for name, one in found[1:]:
        if (one.labels != labels).any():
            raise UsageError(f"{first_name} and {name} give the same images other labels.")
    means = np.mean([probabilities(one.logits) for _, one in found], axis=0)
    correct = int((means.argmax(axis=1) == labels).sum())
    members = tuple((name, float(one.correct.mean())) for name, one in found)
    return Ensemble(correct / len(labels), interval(correct, len(labels)), len(labels), members)


def _shared(digests: Digests, others: Digests) -> Digests:
    return digests[same_images(digests, others)[0]]
