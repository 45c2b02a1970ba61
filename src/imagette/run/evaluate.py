"""What a trained network is worth on a split: predicted, judged, and kept in the run."""

import shlex
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Weights
from imagette.data.dataset import Split, open_data, open_test
from imagette.data.preprocess import Preprocess
from imagette.engines.protocol import Model
from imagette.errors import UsageError
from imagette.evaluate.evaluation import Evaluation, evaluate
from imagette.evaluate.metrics import METRICS
from imagette.evaluate.predictions import Predictions
from imagette.evaluate.spec import EvaluationSpec
from imagette.experiment import Experiment, check
from imagette.network import parse, walk
from imagette.run.engine import build
from imagette.store.checkpoint import Saved
from imagette.store.folder import RunFolder, Which
from imagette.store.ledger import Ledger
from imagette.train.measure import loss_of

SplitName = Literal["train", "validation", "test"]


def evaluate_run(
    run: Path,
    split: SplitName = "validation",
    *,
    which: Which = "last",
    open_test_set: bool = False,
    data_dir: Path | None = None,
) -> Evaluation:
    """Judges a run's weights on one of its splits, and keeps figures and logits in its folder.

    The test set is opened only with `open_test_set`, and each opening is on record.
    Raises UsageError if it is asked for without, or if the run has no validation images.
    """
    folder = RunFolder.open(run)
    saved = folder.load(which)
    experiment = check(folder.resolved(), str(folder.path / "resolved.json"))
    images = _split_of(folder, saved, experiment, split, open_test_set, data_dir)
    model = rebuild(experiment, saved)
    predictions = predict(model, saved.weights, images, experiment.evaluation)
    evaluation = evaluate(predictions, saved.card.class_names, loss_of(experiment.recipe.loss))
    extra = {"checkpoint": saved.step, "weights_digest": saved.weights_digest}
    extra |= metrics_of(predictions, experiment.evaluation)
    keep_evaluation(folder, split, images.images, predictions, {**evaluation.as_json(), **extra})
    return evaluation


def rebuild(experiment: Experiment, saved: Saved) -> Model:
    """The model that a checkpoint's own card describes: nothing of it is computed again."""
    card = saved.card
    graph = walk(parse(card.network), card.input_shape, len(card.class_names))
    preprocess = Preprocess.from_json(card.preprocess)
    return build(graph, experiment.recipe, preprocess, experiment.engine)


def predict(model: Model, weights: Weights, split: Split, spec: EvaluationSpec) -> Predictions:
    return Predictions(model.predict(weights, split.images, spec.batch), split.labels)


def metrics_of(predictions: Predictions, spec: EvaluationSpec) -> dict[str, Any]:
    """The figures that the experiment chose by name, beside those that are always there."""
    return {"metrics": {name: METRICS[name](predictions) for name in spec.metrics}}


def keep_evaluation(
    folder: RunFolder,
    split: str,
    images: Images,
    predictions: Predictions,
    figures: Mapping[str, Any],
) -> None:
    """Writes the figures, and the logits, labels and image digests they were computed from."""
    arrays: dict[str, NDArray[Any]] = {
        "logits": predictions.logits,
        "labels": predictions.labels,
        "image_digests": _digests(images),
    }
    folder.write_evaluation(split, figures, arrays)


def command_line() -> str:
    return shlex.join(["imagette", *sys.argv[1:]])


def _split_of(
    folder: RunFolder,
    saved: Saved,
    experiment: Experiment,
    split: SplitName,
    open_test_set: bool,
    data_dir: Path | None,
) -> Split:
    if split == "test":
        if not open_test_set:
            raise UsageError(
                "The test set is sealed: choose on validation, then open it once, at the end, with "
                "--split test --open-test. The opening is recorded."
            )
        ledger = Ledger(folder.path, saved.weights_digest, command_line())
        return open_test(experiment.data, ledger, data_dir)
    dataset = open_data(experiment.data, data_dir)
    images = dataset.train if split == "train" else dataset.validation
    if not len(images):
        raise UsageError(
            f"{folder.path} was trained without validation images (data.validation = 0): "
            "evaluate --split train, or --split test --open-test."
        )
    return images


def _digests(images: Images) -> NDArray[np.uint8]:
    """SHA-256 of each image's pixels, uint8 [N,32]."""
    rows = [np.frombuffer(sha256(image.tobytes()).digest(), np.uint8) for image in images]
    return np.stack(rows)
