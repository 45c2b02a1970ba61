"""Images on the disk are read while the engine takes the steps before."""

from threading import Event

import numpy as np
import pytest

from imagette.data.split import Split
from imagette.data.streamed import StreamedImages
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.train import feed
from imagette.train.plan import Planner

COUNT, BATCH = 12, 2


class Disk:
    """Pixels that are read: each image is its own index, and every reading is noted."""

    def __init__(self):
        self.read, self.second = [], Event()

    def __call__(self, rows):
        self.read.append(rows.tolist())
        if len(self.read) == 2:
            self.second.set()
        return rows.astype(np.uint8)[:, None, None, None]

    def split(self, identity):
        images = StreamedImages(self, (1, 1, 1), np.arange(COUNT), identity)
        return Split(images, np.zeros(COUNT, np.int32))


class Slow:
    """An engine whose first step ends once `ready` says so; it notes what it was given."""

    def __init__(self, ready):
        self.ready, self.waited, self.given = ready, [], []

    def advance(self, state, plan, pixels):
        if not self.given:
            self.waited.append(self.ready())
        self.given += pixels.ravel().tolist()
        return state, np.zeros(plan.num_steps, np.float32), np.zeros(plan.num_steps, np.int32)


@pytest.fixture
def plan():
    graph = walk(parse("flatten\nlinear classes"), (1, 1, 1), 2)
    (plan,) = Planner(graph, Recipe(batch=BATCH), 0, COUNT).epoch(1)
    return plan


def test_the_next_images_are_read_while_a_step_is_taken(plan, monkeypatch):  # 000-15
    monkeypatch.setattr(feed, "PIECE_STEPS", 1)
    disk = Disk()
    model = Slow(lambda: disk.second.wait(timeout=60))
    feed.advanced(model, disk.split(identity=None), None, plan)
    assert model.waited == [True]  # the second piece came before the first was done with
    assert model.given == plan.indices.ravel().tolist()
    assert len(disk.read) == COUNT // BATCH  # each image once, a batch at a time


def test_items_of_ones_own_are_read_when_it_is_their_turn(plan):  # 000-15
    disk = Disk()
    model = Slow(lambda: len(disk.read))
    feed.advanced(model, disk.split(identity=b"mine"), None, plan)
    assert model.waited == [1]
    assert model.given == plan.indices.ravel().tolist()
