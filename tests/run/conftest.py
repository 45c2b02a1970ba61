import pytest

from imagette.experiment import Experiment
from imagette.run.train import train_experiment


@pytest.fixture
def experiment(tmp_path):
    """A small experiment on the embedded sample, with chance in every place where it enters."""

    def make(**changes):
        values = {
            "data": {"limit": 300},
            "network": {
                "text": "conv 4 5x5\nrelu\nmaxpool 2\nflatten\ndropout 0.2\nlinear classes"
            },
            "recipe": {"epochs": 2, "batch": 64, "augment": ["flip", "shift"], "optimiser": "adam"},
            "run": {"title": "small", "folder": str(tmp_path / "runs")},
        }
        for key, value in changes.items():
            values[key] = {**values[key], **value} if key in values else value
        return Experiment(**values)

    return make


@pytest.fixture
def trained():
    """Runs an experiment to its end and returns its last event."""

    def run(experiment, **options):
        return list(train_experiment(experiment, **options))[-1]

    return run
