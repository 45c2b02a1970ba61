"""What a run's recipe says of first weights, and that a run goes on with what it began with."""

import numpy as np
import pytest

from imagette.engines.initial import first_weights
from imagette.errors import UsageError
from imagette.run import begin
from imagette.run.begin import first_values
from imagette.run.checks import check_together
from imagette.run.parity import parity
from imagette.run.prepare import prepare
from imagette.run.train import resume, train_experiment
from imagette.train.events import Progress, Stop

TEXT = "conv 18 3x3 frozen=yes\nrelu\nmaxpool 2\nconv 4 3x3\nrelu\nmean\nlinear classes"
WHITENING = {"layer": "conv1", "images": 100}


def whitened(experiment, **recipe):
    recipe = {"whitening": WHITENING, "initial": "dirac", **recipe}
    return experiment(network={"text": TEXT}, recipe=recipe)


def test_a_run_keeps_its_whitening_and_does_not_compute_it_again(experiment, monkeypatch):
    # 000-14
    events = train_experiment(whitened(experiment))
    folder = next(events).folder
    event = next(events)
    while not isinstance(event, Progress):
        event = next(events)
    list(_sent(events, Stop("enough")))
    begun = folder.load("last").weights["conv1.weight"]

    def unexpected(*_arguments):
        raise AssertionError("a resumed run begins with its checkpoint")

    monkeypatch.setattr(begin, "first_weights", unexpected)
    *_, ended = resume(folder.path)
    last = ended.folder.load("last").weights
    np.testing.assert_array_equal(last["conv1.weight"], begun)
    assert ended.folder.cost()["non_trainable"] == 18 * 9


def _sent(events, answer):
    try:
        yield events.send(answer)
        yield from events
    except StopIteration:
        return


def test_a_trained_run_still_has_the_weights_it_began_with(experiment, trained):  # 003-10
    folder = trained(experiment()).folder
    first = first_weights(prepare(experiment(seed=0)).graph, seed=0)
    begun, ended = folder.load(0).weights, folder.load().weights
    for name, value in first.items():
        np.testing.assert_array_equal(begun[name], value)
    assert any((ended[name] != value).any() for name, value in first.items())


def test_the_whitening_looks_at_training_images_evenly_apart(experiment, monkeypatch):
    seen = []
    monkeypatch.setattr(begin, "first_weights", lambda *given: seen.append(given[3]))
    prepared = prepare(whitened(experiment))
    first_values(prepared)
    images = prepared.dataset.train.images
    expected = images[np.linspace(0, len(images) - 1, 100).round().astype(int)]
    np.testing.assert_array_equal(seen[0], prepared.preprocess.apply(expected))


def test_both_engines_agree_on_a_whitened_network(experiment):
    report = parity(whitened(experiment), steps=3)
    assert report.agrees
    assert "conv1.weight" not in {one.name for one in report.gradients}


@pytest.mark.parametrize(
    ("text", "recipe", "message"),
    [
        (
            "conv 20 3x3\nmean\nlinear classes",
            {},
            "recipe.whitening: conv1 must have 18 channels, one for each direction",
        ),
        (
            TEXT,
            {"initial": {"zero_last_norm": True}},
            "recipe.initial.zero_last_norm: no residual's body ends in batchnorm or layernorm. "
            "Leave it out, or end a body so.",
        ),
    ],
)
def test_what_does_not_fit_the_network_is_refused_at_once(experiment, text, recipe, message):
    own = experiment(network={"text": text}, recipe={"whitening": WHITENING, **recipe})
    with pytest.raises(UsageError) as caught:
        check_together(prepare(own))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("key", "value"), [("initial", {"name": "dirac"}), ("whitening", WHITENING)]
)
def test_a_network_of_ones_own_begins_with_its_own_values(experiment, tmp_path, key, value):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\n\ndef net():\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n"
    )
    values = experiment(recipe={key: value}).model_dump() | {"network": {"python": "mine.py:net"}}
    own = type(experiment())(**values)
    with pytest.raises(UsageError) as caught:
        check_together(prepare(own, base=tmp_path))
    assert str(caught.value) == (
        f"recipe.{key} is for networks of the language; yours begins with its own values: "
        f"leave recipe.{key} out."
    )
