"""Judges weights on a split: predicted, evaluated, and kept in the run with what they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import NumViews, Weights
from imagette.data.digests import image_digests
from imagette.data.split import Split
from imagette.data.views import views_of
from imagette.engines.protocol import Model
from imagette.evaluate.evaluation import Evaluation, evaluate
from imagette.evaluate.losses import Loss
from imagette.evaluate.metrics import METRICS
from imagette.evaluate.predictions import Predictions
from imagette.experiment import Experiment
from imagette.pointers import told_in_one_line
from imagette.run.own import metric_of
from imagette.store.checkpoint import Saved
from imagette.store.folder import RunFolder


@dataclass(frozen=True)
class Judge:
    """A run's model, ready to judge any split of its data."""

    folder: RunFolder
    experiment: Experiment
    model: Model
    loss: Loss
    base: Path | None = None  # where metrics of one's own are looked for

    def judge(
        self, saved: Saved, name: str, split: Split, num_views: NumViews, spent: Mapping[str, Any]
    ) -> Evaluation:
        """Evaluates a checkpoint on `split`, keeps figures and logits as `name`, and returns them.

        `spent` holds the run's `train_seconds` and `setup_seconds`.
        """
        predictions, single = self._predict(saved.weights, split, num_views)
        evaluation = evaluate(
            predictions, saved.card.class_names, self.loss, views=num_views, single=single
        )
        figures = {
            **evaluation.as_json(),
            "metrics": self._metrics(predictions),
            "checkpoint": saved.step,
            "weights_digest": saved.weights_digest,
            **spent,
        }
        arrays: dict[str, NDArray[Any]] = {
            "logits": predictions.logits,
            "labels": predictions.labels,
            "image_digests": image_digests(split.images),
        }
        self.folder.write_evaluation(name, figures, arrays)
        return evaluation

    def _metrics(self, predictions: Predictions) -> dict[str, float]:
        chosen = self.experiment.evaluation.metrics
        return {name: self._metric(name, predictions) for name in chosen}

    def _metric(self, name: str, predictions: Predictions) -> float:
        if name in METRICS:
            return METRICS[name](predictions)
        with told_in_one_line(f"'{name}' raised"):
            value = metric_of(name, self.base)(predictions.logits, predictions.labels)
            return float(value)

    def _predict(
        self, weights: Weights, split: Split, num_views: NumViews
    ) -> tuple[Predictions, Predictions]:
        """The mean over the views of each image, and the image itself."""
        batch = self.experiment.evaluation.batch
        first, *others = views_of(num_views)
        logits = self.model.predict(weights, split.images, batch)
        single = Predictions(logits, split.labels)
        if not others:
            return single, single
        mean = np.float32(first.weight) * logits
        for view in others:
            seen = self.model.predict(weights, view.of(split.images), batch)
            mean += np.float32(view.weight) * seen
        return Predictions(mean, split.labels), single
