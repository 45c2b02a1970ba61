"""All figures of one set of predictions as one value, which is kept as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagette import notebook
from imagette.errors import DataError
from imagette.evaluate import metrics
from imagette.evaluate.losses import Loss, cross_entropy
from imagette.evaluate.predictions import Predictions

Interval = tuple[float, float]
"""The 95 % interval of a proportion, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """How a class fares: the accuracy on its n images, None where it has none."""

    accuracy: float | None
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a network is worth on n images; proportions lie between 0 and 1."""

    accuracy: float
    accuracy_single: float  # of one view an image
    views: int
    interval: Interval
    error_rate: float
    loss: float  # the mean over images
    balanced_accuracy: float
    top5: float | None  # only where there are more than ten classes
    n: int
    num_misclassified: int
    per_class: Mapping[str, ClassAccuracy]
    confusion: tuple[tuple[int, ...], ...]  # rows true, columns predicted

    def as_json(self) -> dict[str, Any]:
        """The fields as `evaluation/<split>.json` names them; `top5` is left out if None."""
        per_class = {
            name: {"accuracy": one.accuracy, "interval": list(one.interval), "n": one.n}
            for name, one in self.per_class.items()
        }
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields |= {
            "interval": list(self.interval),
            "per_class": per_class,
            "confusion": [list(row) for row in self.confusion],
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _repr_html_(self) -> str:
        low, high = (100 * bound for bound in self.interval)
        rows = [
            (name, "-" if one.accuracy is None else round(100 * one.accuracy, 1), one.n)
            for name, one in self.per_class.items()
        ]
        return notebook.table(
            f"accuracy {100 * self.accuracy:.2f} % ({low:.2f} to {high:.2f}), n = {self.n:,}",
            ("class", "accuracy %", "images"),
            rows,
            f"balanced accuracy {100 * self.balanced_accuracy:.2f} %, loss {self.loss:.4g}, "
            f"{self.num_misclassified:,} misclassified, views {self.views}",
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Evaluation":
        """The inverse of `as_json`; what others added is passed over. Raises DataError."""
        try:
            fields = {name: value[name] for name in cls.__slots__ if name != "top5"}
            fields["per_class"] = {
                name: ClassAccuracy(one["accuracy"], tuple(one["interval"]), one["n"])
                for name, one in value["per_class"].items()
            }
            fields["interval"] = tuple(value["interval"])
            fields["confusion"] = tuple(tuple(row) for row in value["confusion"])
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"An evaluation is damaged ({error}): evaluate the run again"
            ) from error
        return cls(top5=value.get("top5"), **fields)


def evaluate(
    predictions: Predictions,
    class_names: Sequence[str],
    loss: Loss = cross_entropy,
    *,
    views: int = 1,
    single: Predictions | None = None,
) -> Evaluation:
    """Compute every figure; `class_names` are the names of the K columns of the logits, in order.

    Of predictions that are means over several `views` of an image, `single` are those of the image
    itself.

    >>> import numpy as np
    >>> seen = Predictions(np.eye(2, dtype=np.float32), np.array([0, 0], np.int32))
    >>> evaluate(seen, ["cat", "dog"]).confusion
    ((1, 1), (0, 0))
    """
    assert len(set(class_names)) == predictions.num_classes, "one distinct name a class"
    accuracy = metrics.accuracy(predictions)
    table = metrics.confusion(predictions)
    return Evaluation(
        accuracy=accuracy,
        accuracy_single=metrics.accuracy(single or predictions),
        views=views,
        interval=metrics.interval(predictions.num_correct, predictions.num_images),
        error_rate=metrics.error_rate(predictions),
        loss=float(loss(predictions.logits, predictions.labels).mean()),
        balanced_accuracy=metrics.balanced_accuracy(predictions),
        top5=metrics.top_k(predictions, 5) if predictions.num_classes > 10 else None,
        n=predictions.num_images,
        num_misclassified=predictions.num_images - predictions.num_correct,
        per_class={
            name: _of_class(int(row[index]), int(row.sum()))
            for index, (name, row) in enumerate(zip(class_names, table, strict=True))
        },
        confusion=tuple(tuple(row) for row in table.tolist()),
    )


def _of_class(correct: int, n: int) -> ClassAccuracy:
    return ClassAccuracy(correct / n if n else None, metrics.interval(correct, n), n)
