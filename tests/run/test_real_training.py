"""The main job on the real sets, short: what a newcomer runs after the embedded sample."""

import pytest

from imagette.experiment import load
from imagette.run.evaluate import evaluate_run
from imagette.run.train import Ended, train_experiment
from imagette.store.ledger import openings

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("real_cache")]


def last(name, tmp_path, *settings):
    experiment = load(name, [f"run.folder={tmp_path}", *settings])
    *_, ended = train_experiment(experiment)
    assert isinstance(ended, Ended)
    return ended


def test_the_first_courses_cnn_learns_mnist(tmp_path):  # 002-25, 002-01
    ended = last("cnn_mnist", tmp_path, "recipe.epochs=1")
    assert ended.evaluation.accuracy > 0.96
    assert ended.evaluation.n == 6000


def test_a_feed_forward_network_learns_fashion_mnist(tmp_path):  # 002-27, 002-20, 002-22
    ended = last("ffnn_fashion", tmp_path, "recipe.epochs=1")
    assert ended.evaluation.accuracy > 0.80


def test_the_tutorials_network_learns_cifar10_in_the_courses_mode(tmp_path):
    # 001-01, 001-02, 001-10, 001-11, 000-T1
    before = len(openings("cifar10"))
    ended = last("lenet_cifar_tutorial", tmp_path, "recipe.epochs=1")
    rows = ended.folder.history()
    assert rows[0]["test_accuracy"] == pytest.approx(0.1, abs=0.03)  # chance
    assert rows[1]["test_accuracy"] > 0.20
    assert rows[1]["images"] == 50_000
    assert len(openings("cifar10")) == before + 1


def test_vgg8_runs_on_cifar10_and_reloads(tmp_path):  # 000-01, 000-03, 000-08
    ended = last("vgg8", tmp_path, "recipe.epochs=1", "data.limit=1000")
    assert ended.prepared.graph.parameters == 551_722
    assert evaluate_run(ended.folder.path) == ended.evaluation
