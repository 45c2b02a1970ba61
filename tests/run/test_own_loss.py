"""A loss of one's own on either engine: trained with, and judged by."""

import pytest

from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.train import train_experiment

CODE = {
    "torch": """
import torch

def each(outputs, labels, power=0.0):
    likely = torch.log_softmax(outputs, 1)[torch.arange(len(labels)), labels]
    return -((1 - torch.exp(likely)) ** power) * likely
""",
    "jax": """
import jax, jax.numpy as jnp

def each(outputs, labels, power=0.0):
    likely = jax.nn.log_softmax(outputs)[jnp.arange(len(labels)), labels]
    return -((1 - jnp.exp(likely)) ** power) * likely
""",
}
MORE = """
def mean(outputs, labels):
    return each(outputs, labels).mean()

def of_each_logit(outputs, labels):
    return outputs

def broken(outputs, labels):
    raise ValueError("no such class")
"""
EXPERIMENT = """
data = { limit = 200 }
network = { text = "conv 3 5x5; relu; maxpool 2; flatten; linear classes" }
recipe = { epochs = 2, batch = 40, optimiser = { name = "adam", rate = 0.01 } }
"""


@pytest.fixture(params=CODE)
def history(request, tmp_path):
    """The rows of a training of ten steps with a loss, on either engine."""
    (tmp_path / "mine.py").write_text(CODE[request.param] + MORE)
    path = tmp_path / "mine.toml"
    path.write_text(EXPERIMENT)
    always = [f"engine={{name='{request.param}', threads=1}}", f"run.folder={tmp_path / 'runs'}"]

    def train(loss):
        experiment = load(path, [*always, f"recipe.loss={loss}"])
        return list(train_experiment(experiment, source=path))[-1].folder.history()

    return train


@pytest.mark.parametrize("name", ["each", "mean"])
def test_one_that_is_the_cross_entropy_gives_its_losses(history, name):  # 004-19
    rows, expected = history(f"{{python='mine.py:{name}'}}"), history("cross_entropy")
    assert [row["step"] for row in rows] == [0, 5, 10] == [row["step"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        for figure in ("train_loss", "validation_loss", "validation_accuracy"):
            if row["epoch"] or figure != "train_loss":  # epoch 0 has none
                assert row[figure] == pytest.approx(other[figure], rel=1e-5)


def test_its_arguments_are_those_of_the_experiment(history):
    # Of equal classes the focal loss is (1 - 1/10)^2 times the cross entropy, and of sure ones 0.
    focal = history("{python='mine.py:each', args={power=2.0}}")
    plain = history("{python='mine.py:each'}")
    assert focal[0]["validation_loss"] < 0.95 * plain[0]["validation_loss"]
    assert focal[2]["train_loss"] < focal[1]["train_loss"] < focal[0]["validation_loss"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("of_each_logit", r"^'mine\.py:of_each_logit' must return one number, or one an image\."),
        ("broken", r"^'mine\.py:broken' raised ValueError: no such class"),
    ],
)
def test_one_that_does_not_do_is_one_clear_line(history, name, message):  # 004-12
    with pytest.raises(UsageError, match=message) as caught:
        history(f"{{python='mine.py:{name}'}}")
    assert "\n" not in str(caught.value)
