"""Training: plans from a recipe and a seed, and a loop that yields events."""

from imagette.train.loop import Start, Training, train
from imagette.train.plan import Planner

__all__ = ["Planner", "Start", "Training", "train"]
