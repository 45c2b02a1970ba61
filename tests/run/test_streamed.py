"""Items that are read each time they are used, through the loop, the run folder and resume."""

import numpy as np
import pytest
import torch
from torch import nn

from imagette.data.dataset import open_data
from imagette.data.live import dataset_of
from imagette.data.spec import DataSpec
from imagette.data.streamed import StreamedImages
from imagette.errors import DataError, UsageError
from imagette.run.evaluate import evaluate_run
from imagette.run.fit import fit
from imagette.run.train import Begun, resume, train_experiment
from imagette.train.events import Progress, Stop
from imagette.train.plan import Planner

CODE = """
import numpy as np

RNG = np.random.default_rng(0)

class Blobs:
    def __init__(self, wrong_after=None, noise=False):
        self.images = np.random.default_rng(1).random((200, 28, 28), np.float32)
        self.images[::2, :14] += 0.5
        self.readings, self.wrong_after, self.noise = 0, wrong_after, noise

    def __len__(self):
        return 200

    def __getitem__(self, index):
        self.readings += 1
        if self.wrong_after and self.readings > self.wrong_after:
            raise OSError("the disk is gone")
        noise = RNG.normal(size=(28, 28)) if self.noise else 0
        return self.images[index] + noise, index % 2
"""


@pytest.fixture
def start(tmp_path, experiment):
    """Begins a run of 144 training images, 9 batches of 16, on items of one's own."""
    path = tmp_path / "mine.toml"
    path.write_text("")
    (tmp_path / "mine.py").write_text(CODE)

    def start(**args):
        data = {"python": "mine.py:Blobs", "args": args, "cache": False, "limit": None}
        chosen = experiment(data=data, recipe={"batch": 16, "epochs": 3})
        return train_experiment(chosen, source=path)

    return start


@pytest.mark.parametrize("stop_after", [1, 3])
def test_stopped_and_resumed_it_is_the_run_that_was_not(start, monkeypatch, stop_after):
    # 004-32
    monkeypatch.setattr(Planner, "chunk", 2)
    whole = list(start())[-1]
    assert isinstance(whole.prepared.dataset.train.images, StreamedImages)
    events, folder, answer, chunks = start(), None, None, 0
    try:
        while True:
            event = events.send(answer)
            folder = event.folder if isinstance(event, Begun) else folder
            chunks += isinstance(event, Progress)
            answer = Stop("enough") if chunks >= stop_after else None
    except StopIteration:
        pass
    list(resume(folder.path))
    assert folder.history() == whole.folder.history()
    assert folder.load().weights_digest == whole.folder.load().weights_digest


def test_the_length_of_a_chunk_moves_no_bit(start, monkeypatch):
    digests = set()
    for chunk in (1, 4):
        monkeypatch.setattr(Planner, "chunk", chunk)
        digests.add(list(start())[-1].folder.load().weights_digest)
    assert len(digests) == 1


def test_it_can_be_judged_again(start):
    # 004-26
    ended = list(start())[-1]
    assert evaluate_run(ended.folder.path) == ended.evaluation
    _, arrays = ended.folder.read_evaluation("validation")
    assert arrays["image_digests"].shape == (ended.evaluation.n, 32)


def test_a_random_set_trains(start):
    # 004-14
    history = list(start(noise=True))[-1].folder.history()
    assert history[-1]["train_loss"] < history[1]["train_loss"]


def test_an_item_that_raises_in_the_middle_is_one_line(start):
    # 004-14
    with pytest.raises(DataError) as refused:
        list(start(wrong_after=900))
    told = str(refused.value)
    assert told.startswith("Item ")
    assert "raised OSError: the disk is gone (mine.py, line 18)." in told


class Sample:
    """The embedded sample as torch gives it: floats [C,H,W]; streamed where `nudge` is not 0."""

    def __init__(self, nudge=0.0, count=300):
        self.split = open_data(DataSpec(limit=count)).train
        self.nudge = nudge

    def __len__(self):
        return len(self.split)

    def __getitem__(self, index):
        image, label = self.split[index]
        return torch.from_numpy(image).permute(2, 0, 1) / 255 + self.nudge, label


def fitted(data, folder, **options):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    adam = torch.optim.Adam(net.parameters())
    return fit(net, data, adam, epochs=2, batch=32, runs=folder, **options)


def test_streamed_they_train_as_cached_bytes_do(tmp_path, monkeypatch):
    # 004-14, 002-15
    cached = dataset_of(Sample(), validation=0)
    monkeypatch.setattr("imagette.data.items.fit_bytes", lambda pixels: False)
    streamed = dataset_of(Sample(), validation=0, cache=False)
    assert isinstance(streamed.train.images, StreamedImages)
    losses = [
        [row["train_loss"] for row in fitted(data, tmp_path, normalise="channels").history]
        for data in (cached, streamed)
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


def test_a_live_data_set_of_floats_is_fitted(tmp_path):
    # 002-15, 004-14
    done = fitted(dataset_of(Sample(nudge=-0.5003), cache=False), tmp_path)
    assert done.history[-1]["validation_loss"] < done.history[0]["validation_loss"]


def test_a_policy_on_bytes_is_refused_for_images_that_are_floats(tmp_path, experiment):
    path = tmp_path / "mine.toml"
    path.write_text("")
    (tmp_path / "mine.py").write_text(CODE)
    data = {"python": "mine.py:Blobs", "cache": False, "limit": None}
    chosen = experiment(data=data, recipe={"augment": ["trivial"]})
    with pytest.raises(UsageError, match=r"trivial changes bytes, but .*: set data.cache = true"):
        list(train_experiment(chosen, source=path))
