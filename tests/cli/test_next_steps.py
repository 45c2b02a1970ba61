"""What is advised after a training."""

from types import SimpleNamespace

import pytest

from imagette.cli.next_steps import next_steps
from imagette.experiment import check

WORDS = ["my own.toml", "--set", "seed=3", "--set", "recipe.epochs=2"]


@pytest.fixture
def ended(make_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {"recipe": {"epochs": 2}, "run": {"title": "mine"}}
    prepared = SimpleNamespace(experiment=check(values, "made up"))
    return SimpleNamespace(folder=make_run(title="mine"), prepared=prepared)


def test_the_run_is_named_by_its_title_and_no_setting_twice(ended):
    assert next_steps(ended, WORDS) == [
        "evaluate runs/mine --split train",
        "describe runs/mine",
        "train 'my own.toml' --set seed=3 --set recipe.epochs=4",
        "evaluate runs/mine --split test --open-test   (once, at the end)",
    ]


def test_an_older_run_of_a_title_is_named_in_full(ended, make_run):
    make_run(title="mine").path.rename(ended.folder.path.with_name("9999"))
    assert next_steps(ended, None)[0].startswith(f"evaluate runs/mine/{ended.folder.path.name} ")


def test_a_run_that_overfits_is_not_trained_longer(ended):
    for epoch in range(3, 8):
        losses = {"train_loss": 1 / epoch, "validation_loss": float(epoch)}
        ended.folder.append_history({"epoch": epoch, "step": epoch, **losses})
    assert not any(step.startswith("train") for step in next_steps(ended, WORDS))
