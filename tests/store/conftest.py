from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imagette.store.checkpoint import ModelCard
from imagette.store.folder import RunFolder

CARD = ModelCard(
    class_names=("T-shirt", "café"),
    preprocess={"channels_mean": [0.5], "deviation": [0.25]},
    input_shape=(1, 28, 28),
    network="flatten\nlinear classes\n",
)


@pytest.fixture
def card() -> ModelCard:
    return CARD


def weights_of(step: int) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(step)
    return {
        "linear1.weight": rng.normal(size=(2, 784)).astype(np.float32),
        "linear1.bias": np.float32([np.nextafter(1, 2), -0.0]),
    }


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that has not trained yet."""
    return RunFolder.create(
        tmp_path / "runs",
        title="softmax",
        experiment_source=("mine.toml", b"seed = 0\n"),
        resolved={"seed": 0},
        network_text="flatten\nlinear classes\n",
        cost={"parameters": 1570},
        environment={"python": "3.11"},
    )


@pytest.fixture
def save(run: RunFolder) -> Callable[[int], str]:
    """Write a checkpoint of `run` at a step, and return its weights' digest."""

    def save_step(step: int) -> str:
        state = {"opt.momentum.linear1.bias": np.full(2, step, np.float64)}
        meta = {"epoch": step // 10, "position": {"loss_sum": 0.1 + 0.2}}
        return run.write_checkpoint(step, weights_of(step), state, CARD, meta)

    return save_step
