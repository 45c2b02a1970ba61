"""Training from the disk: the same bits as from memory, on both engines."""

import numpy as np
import pytest

from imagette.data import streamed
from imagette.data.streamed import StreamedImages
from imagette.run.evaluate import evaluate_run
from imagette.run.train import train_experiment
from imagette.train import feed
from imagette.train.feed import cut
from imagette.train.plan import Planner


@pytest.fixture
def npz(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 256, (300, 8, 8, 3), np.uint8)
    pixels[::2, :4] //= 2
    np.savez(tmp_path / "mine.npz", images=pixels, labels=np.arange(300) % 2)
    return f"npz:{tmp_path / 'mine.npz'}"


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_training_from_the_disk_has_the_bits_of_training_from_memory(
    npz, experiment, monkeypatch, engine
):
    # 003-07
    chosen = experiment(
        engine={"name": engine},
        data={"name": npz, "limit": None},
        network={"text": "conv 4 3x3\nbatchnorm\nrelu\nflatten\ndropout 0.2\nlinear classes"},
        recipe={"batch": 7, "epochs": 2, "augment": ["flip", "shift", "mixup"]},
        evaluation={"views": 2},
    )
    monkeypatch.setattr(Planner, "chunk", 10)
    monkeypatch.setattr(feed, "PIECE_STEPS", 4)
    ended = []
    for most in (1 << 30, 1000):
        monkeypatch.setattr(streamed, "STREAM_BYTES", most)
        ended.append(list(train_experiment(chosen))[-1])
    kept, read = ended
    assert isinstance(read.prepared.dataset.train.images, StreamedImages)
    assert not isinstance(kept.prepared.dataset.train.images, StreamedImages)
    assert read.folder.history() == kept.folder.history()
    assert read.folder.load().weights_digest == kept.folder.load().weights_digest
    assert evaluate_run(read.folder.path) == evaluate_run(kept.folder.path)


def test_pieces_have_two_lengths_and_all_the_steps(experiment):
    plan = next(iter(planner_of(experiment).epoch(1, 0)))
    pieces = list(cut(plan.head(11), image_bytes=1))
    assert {piece.num_steps for piece in pieces} <= {1, feed.PIECE_STEPS}
    np.testing.assert_array_equal(
        np.concatenate([piece.indices for piece in pieces]), plan.indices[:11]
    )


def planner_of(experiment):
    from imagette.run.prepare import prepare

    return prepare(experiment(recipe={"batch": 4})).planner


def test_a_piece_of_large_images_is_a_single_step(experiment):
    plan = next(iter(planner_of(experiment).epoch(1, 0))).head(5)
    assert [piece.num_steps for piece in cut(plan, feed.PIECE_BYTES)] == [1] * 5
