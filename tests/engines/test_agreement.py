"""Both engines compute the same (CONTRACTS, "Engines"): each part alone, and some combined."""

import numpy as np
import pytest

from imagette.engines.protocol import state_of
from imagette.network import entry, named, names, walk
from imagette.train.measure import loss_of

DENSE = "flatten\nlinear 6\ntanh\nlinear classes"
PICTURES = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nmaxpool 2\nflatten\nlinear classes"


def test_a_layer(layer_text, case, agree):  # 002-26, 002-32
    flat = "flatten" in layer_text or layer_text in ("mean", "max")
    agree(case(f"{layer_text}\n{'' if flat else 'flatten'}\nlinear classes", (4, 6, 5)))


def test_every_layer_of_both_engines_has_a_row(engine, lowerings, lowered_layers):
    assert set(lowerings(engine, "layers", "LOWERINGS")) == lowered_layers


def test_a_loss(loss_spec, case, agree):  # 002-31, 002-T4
    last = "\nlog_softmax" if loss_spec.name == "nll" else ""
    agree(case(DENSE + last, loss=loss_spec, optimiser={"name": "sgd", "rate": 0.01}))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_weighted_loss_is_that_of_the_reference(reduction, case, engine):
    loss = {"name": "cross_entropy", "class_weights": (0.5, 2.0, 3.0), "reduction": reduction}
    one = case(DENSE, loss=loss, optimiser={"name": "sgd", "rate": 0.0}, batch=25, epochs=1)
    model = one.on(engine)
    _, losses, _ = one.advanced(model, model.start(one.first))
    logits = model.predict(one.first, one.images, 50)
    expected = loss_of(one.recipe.loss)(logits, one.labels).mean()
    assert np.mean(losses) == pytest.approx(expected, rel=1e-5)


def test_every_loss_of_both_engines_has_a_row(engine, lowerings, losses):
    assert set(lowerings(engine, "losses", "_LOWERINGS")) == {type(spec) for spec in losses}


def test_an_optimiser_and_its_state_on_the_other_engine(
    optimiser, case, both, assert_close
):  # 001-26, 002-31, 004-32
    one = case(DENSE, optimiser=optimiser)
    models = both(one)
    ends = [one.advanced(model, model.start(one.first), [1]) for model in models]
    assert_close({"losses": np.array(ends[1][1])}, {"losses": np.array(ends[0][1])}, 1e-3)
    saved = [model.save(end[0]) for model, end in zip(models, ends, strict=True)]
    assert_close(saved[1], saved[0], 1e-3)
    went_on = [one.advanced(m, m.restore(s), [2])[1] for m in models for s in saved]
    np.testing.assert_allclose(went_on[1:], [went_on[0]] * 3, rtol=1e-3)


@pytest.mark.parametrize("to", [0, 1], ids=["to torch", "to jax"])
def test_a_checkpoint_of_step_0_goes_on_with_the_other_engine(to, case, both):
    one = case(DENSE, optimiser="adam")
    models = both(one)
    other = models[1 - to]
    begun = models[to].restore(other.save(other.start(one.first)))
    expected = one.advanced(other, other.start(one.first), [1])[1]
    np.testing.assert_allclose(one.advanced(models[to], begun, [1])[1], expected, rtol=1e-3)


def test_every_state_of_both_engines_has_a_row(engine, lowerings, optimisers):
    kinds = lowerings(engine, "optimisers", "_LOWERINGS")
    assert {kind.model_fields["name"].default for kind in kinds} == {
        spec["name"] for spec in optimisers
    }


# Small pictures, so that it is quick; and full width: torch 2.13 dies of a segmentation fault in
# the gradient of a 1x1 convolution from 4 to 8 channels with stride 2.
SMALLER = {
    "vgg8": (3, 8, 8),
    "resnet8": (3, 8, 8),
    "resnet20": (3, 8, 8),
    "seresnet20": (3, 8, 8),
    "densenet40": (3, 8, 8),
    "convnext_mini": (1, 16, 16),
}


@pytest.mark.parametrize("name", names())
def test_a_network_of_the_catalogue(name, case, agree):  # 000-03, 001-01, 002-25, 003-09, 004-21
    graph = walk(named(name), SMALLER.get(name, entry(name).input_shape), 10)
    sgd = {"name": "sgd", "rate": 0.001}
    agree(case(graph, num_images=24, batch=12, epochs=5, optimiser=sgd), every_node=False)


SCHEDULES = [
    {"name": "constant", "warmup": 1},
    {"name": "steps", "factors": (1.0, 0.1), "shares": (0.5, 0.5)},
    {"name": "cosine", "warmup": 1},
    {"name": "one_cycle"},
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda spec: spec["name"])
def test_a_schedule(schedule, case, agree):  # 001-34
    # The rate is high, so that one used a step too early or too late shows in the losses.
    agree(case(DENSE, schedule=schedule, optimiser={"name": "sgd", "rate": 0.5}))


COMBINATIONS = {
    "a short last batch": {"num_images": 47},
    "a batch of one image": {"num_images": 10, "batch": 1, "epochs": 1},
    "one step on all images": {"batch": "all", "epochs": 10},
    "grey pictures": {"shape": (1, 28, 28)},
    "a summed loss under momentum": {
        "loss": {"name": "cross_entropy", "reduction": "sum"},
        "optimiser": {"name": "sgd", "rate": 0.001, "momentum": 0.9, "decay": 0.01},
    },
    "augmented, smoothed, with a schedule": {
        "augment": ["flip", {"name": "shift", "pixels": 2}, {"name": "cutout", "size": 3}],
        "loss": {"name": "cross_entropy", "label_smoothing": 0.1},
        "schedule": "one_cycle",
    },
    "dropout in pictures and in features": {
        "network": "conv 6 3x3\nrelu\ndropout 0.3\nflatten\ndropout 0.5\nlinear classes",
    },
    "norms and joins": {
        "network": "conv 4 3x3\nresidual { batchnorm; relu; conv 4 3x3 pad=same }\n"
        "branches { { avgpool 2 } { maxpool 2 } }\nlayernorm\nflatten\nlinear classes",
    },
}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_combination(name, case, agree):  # 001-17, 002-29, 002-T3
    row = {"network": PICTURES, **COMBINATIONS[name]}
    if name == "a batch of one image":
        row["network"] = DENSE
    agree(case(row.pop("network"), **row))


def test_running_statistics(case, agree, assert_close):  # 000-08
    one = case(PICTURES, optimiser={"name": "sgd", "rate": 0.01})
    saved, other = agree(one)
    moved = {w.name for w in one.graph.weights if not w.trainable}
    assert moved == {"batchnorm1.mean", "batchnorm1.var"}
    assert all((saved[name] != one.first[name]).all() for name in moved)
    assert_close({n: other[n] for n in moved}, {n: saved[n] for n in moved}, 1e-4)


def test_only_the_optimiser_has_slots(case, both):
    one = case(DENSE, optimiser={"name": "sgd", "rate": 0.1})
    for model in both(one):
        assert state_of(model.save(one.advanced(model, model.start(one.first), [1])[0])) == {}


def test_a_disagreement_is_seen(case, agree, monkeypatch):
    monkeypatch.setattr("imagette.engines.with_jax.losses.jnp.mean", lambda x: x.sum() * 0.0991)
    with pytest.raises(AssertionError):
        agree(case(DENSE))
