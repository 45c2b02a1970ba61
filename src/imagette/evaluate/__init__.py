"""Judging: figures from logits and labels, in NumPy, never from a model."""

from imagette.evaluate.evaluation import Evaluation, evaluate
from imagette.evaluate.predictions import Predictions

__all__ = ["Evaluation", "Predictions", "evaluate"]
