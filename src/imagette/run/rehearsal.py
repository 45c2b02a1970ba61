"""Training on random pictures, of which nothing is kept: to see how fast it goes."""

from collections.abc import Iterator
from itertools import count
from math import ceil
from typing import Any

import numpy as np

from imagette.data.preprocess import Preprocess
from imagette.engines.own import Own
from imagette.engines.protocol import EngineSpec, Model, StepPlan
from imagette.engines.random import bits
from imagette.run.engine import build
from imagette.train.plan import Planner


def pictures(planner: Planner) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """As many as the planner plans for, [N,H,W,C]."""
    channels, height, width = planner.graph.input_shape
    shape = (planner.num_images, height, width, channels)
    words = bits(planner.seed, "profile", 0, ceil(int(np.prod(shape)) / 8))
    return words.view(np.uint8)[: int(np.prod(shape))].reshape(shape)


def placed(planner: Planner, engine: EngineSpec, own: Own | None = None) -> Model:
    """A model of the planner's network and recipe that holds such pictures."""
    graph = planner.graph
    channels = graph.input_shape[0]
    preprocess = Preprocess((0.5,) * channels, (0.25,) * channels)
    model = build(graph, planner.recipe, preprocess, engine, own)
    labels = np.arange(planner.num_images, dtype=np.int32) % graph.classes
    model.place(pictures(planner), labels)
    return model


def plans(planner: Planner) -> Iterator[StepPlan]:
    """Without end."""
    for epoch in count(1):
        yield from planner.epoch(epoch)
