import io

import numpy as np
from rich.console import Console

from imagette.cli.evaluation_table import evaluation_table
from imagette.evaluate.evaluation import evaluate
from imagette.evaluate.predictions import Predictions

LABELS = np.array([0, 1, 1, 1], np.int32)
RIGHT = Predictions(np.eye(2, dtype=np.float32)[LABELS], LABELS)
HALF = Predictions(np.eye(2, dtype=np.float32)[[0, 1, 0, 0]], LABELS)


def first_line(evaluation):
    console = Console(file=io.StringIO(), width=200)
    evaluation_table(evaluation, "validation", console)
    return console.file.getvalue().splitlines()[0]


def test_several_views_are_always_said_apart_from_one():  # 000-25
    several = evaluate(RIGHT, ["cat", "dog"], views=6, single=HALF)
    assert first_line(several).startswith(
        "accuracy on validation, 6 views (50.00 % of one): 100.00 %"
    )
    assert first_line(evaluate(HALF, ["cat", "dog"])).startswith("accuracy on validation: 50.00 %")
