import numpy as np
import pytest

from imagette.data.split import Split
from imagette.evaluate.losses import cross_entropy
from imagette.evaluate.spec import EvaluationSpec
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.train.loop import Start, Training
from imagette.train.plan import Planner


class CountingModel:
    """A model whose one weight counts the steps, and whose losses follow a script."""

    device = "paper"
    notes = ()
    threads = 1
    shards = 1

    def __init__(self, losses=lambda step: 1.0, logits=None):
        self.losses, self.logits = losses, logits
        self.predicted = []

    def place(self, images, labels):
        pass

    def start(self, weights):
        return dict(weights)

    restore = start

    def advance(self, state, plan):
        steps = range(plan.first_step, plan.first_step + plan.num_steps)
        losses = np.array([self.losses(step) for step in steps], np.float32)
        moved = {**state, "w": state["w"] + plan.num_steps}
        return moved, losses, np.full(plan.num_steps, 1, np.int32)

    def predict(self, weights, images, batch):
        self.predicted.append(len(images))
        return np.tile(np.float32([0, 1]), (len(images), 1))

    def activations(self, weights, images, paths):
        return {path: np.zeros((len(images), 2), np.float32) for path in paths}

    def save(self, state):
        return dict(state)


def split(num_images):
    images = np.zeros((num_images, 4, 4, 1), np.uint8)
    return Split(images, (np.arange(num_images) % 2).astype(np.int32))


@pytest.fixture
def make_training(monkeypatch):
    """A training on paper: 10 images at batch 4, so three steps an epoch, two to a chunk."""
    monkeypatch.setattr(Planner, "chunk", 2)

    def make(model=None, test=None, validation=4, evaluation=None, **recipe):
        graph = walk(parse("flatten\nlinear classes"), (1, 4, 4), 2)
        return Training(
            model=model or CountingModel(),
            planner=Planner(graph, Recipe(**{"epochs": 2, "batch": 4, **recipe}), 0, 10),
            train=split(10),
            validation=split(validation),
            test=test and split(test),
            evaluation=EvaluationSpec(**(evaluation or {})),
            loss=cross_entropy,
            clock=iter(range(10_000)).__next__,
        )

    return make


@pytest.fixture
def start():
    return Start({"w": np.zeros(1, np.float32)})


@pytest.fixture
def counting_model():
    return CountingModel
