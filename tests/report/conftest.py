"""A run as a report reads it, made up and not trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imagette.evaluate import Predictions, evaluate
from imagette.report.record import Record, read_record
from imagette.store.folder import RunFolder


@pytest.fixture
def judged_run(make_run: Callable[..., RunFolder]) -> Callable[..., RunFolder]:
    """Makes up a run that was judged on each of `judged`, with these names of classes."""

    def make(
        names: tuple[str, ...] = ("cat", "dog", "frog"),
        judged: tuple[str, ...] = ("validation",),
        **run: Any,
    ) -> RunFolder:
        folder = make_run(**run)
        for seed, split in enumerate(judged):
            predictions = random_predictions(len(names), seed)
            arrays = {"logits": predictions.logits, "labels": predictions.labels}
            folder.write_evaluation(split, evaluate(predictions, names).as_json(), arrays)
        return folder

    return make


@pytest.fixture
def make_record(judged_run: Callable[..., RunFolder]) -> Callable[..., Record]:
    """The record of a made-up run; `state` and `reason` are as given."""

    def make(
        state: str = "finished", reason: str | None = "all epochs are done", **run: Any
    ) -> Record:
        return read_record(judged_run(**run), state, reason)

    return make


def random_predictions(classes: int, seed: int = 0, n: int = 300) -> Predictions:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, n).astype(np.int32)
    logits = random.normal(size=(n, classes)).astype(np.float32)
    logits[np.arange(n), labels] += 1
    return Predictions(logits, labels)
