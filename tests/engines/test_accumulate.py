"""Gradients of a batch in parts, and clipped ones, on both engines."""

import jax
import numpy as np
import pytest
import torch

from imagette.engines.parts import parts_of
from imagette.engines.with_jax.foreign import PureForward
from imagette.engines.with_jax.pure import PureNetwork
from imagette.engines.with_torch.module import ModuleForward

DROPPED = "conv 4 3x3\nrelu\ndropout 0.3\nflatten\ndropout 0.5\nlinear classes"
PLAIN = "conv 4 3x3 pad=same bias=no\nrelu\nflatten\nlinear classes"
SGD = {"name": "sgd", "rate": 0.1}


def trained(case, engine):
    model = case.on(engine)
    state, losses, correct = case.advanced(model, model.start(case.first))
    return model.save(state), losses, correct


@pytest.mark.parametrize("parts", [2, 3, 10])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"loss": {"name": "mse", "reduction": "sum"}, "optimiser": {"name": "sgd", "rate": 0.01}},
        {"loss": {"name": "cross_entropy", "class_weights": (1.0, 2.0, 0.5)}},
        {"augment": ["cutmix"], "num_images": 46},
    ],
    ids=["mean", "sum", "class weights", "mixed, a short last batch"],
)
def test_parts_add_up_to_the_whole_dropout_included(case, engine, parts, more):
    whole, split = (
        trained(case(DROPPED, **{"optimiser": SGD, **more, "accumulate": n}), engine)
        for n in (1, parts)
    )
    np.testing.assert_allclose(split[1], whole[1], rtol=1e-5)
    assert split[2] == whole[2]
    for name, value in whole[0].items():
        np.testing.assert_allclose(split[0][name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_batch_norms_see_the_parts(case, engine):
    network = f"batchnorm\n{PLAIN}"
    one = case(network, optimiser={"name": "sgd", "rate": 0.0}, accumulate=2, epochs=1)
    saved = trained(one, engine)[0]
    mean = np.zeros(2)
    for plan in one.plans():
        for rows in plan.indices:
            images = one.preprocess.apply(one.images[rows])
            for part in (images[:5], images[5:]):
                mean += 0.1 * (part.mean((0, 2, 3)) - mean)
    np.testing.assert_allclose(saved["batchnorm1.mean"], mean, rtol=1e-5)


@pytest.mark.parametrize("clip", [0.05, 1e6])
def test_clipping_is_torchs(case, engine, clip):
    first, plan = (one := case(PLAIN, optimiser=SGD)).first, one.plans()[0].head(1)
    moved = []
    for recipe in ({}, {"clip": clip}):
        model = case(PLAIN, optimiser=SGD, **recipe).on(engine)
        moved.append(model.save(model.advance(model.start(first), plan)[0]))
    gradients = {name: torch.from_numpy((first[name] - moved[0][name]) / 0.1) for name in first}
    tensors = [torch.zeros_like(g).requires_grad_() for g in gradients.values()]
    for tensor, gradient in zip(tensors, gradients.values(), strict=True):
        tensor.grad = gradient
    norm = torch.nn.utils.clip_grad_norm_(tensors, clip)
    assert (norm > clip) == (clip < 1)
    for name, tensor in zip(gradients, tensors, strict=True):
        np.testing.assert_allclose(
            (first[name] - moved[1][name]) / 0.1, tensor.grad, rtol=1e-3, atol=1e-6, err_msg=name
        )


@pytest.mark.parametrize(("batch", "parts"), [(10, 1), (10, 3), (3, 5), (7, 7)])
def test_parts_are_numpys(batch, parts):
    expected = [x for x in np.array_split(np.arange(batch), parts) if len(x)]
    found = [np.arange(batch)[part] for part in parts_of(batch, parts)]
    assert [x.tolist() for x in found] == [x.tolist() for x in expected]


def test_a_module_of_torch_draws_anew_for_each_part():
    forward = ModuleForward(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5)))
    keys = {"": torch.tensor([7, 8], dtype=torch.int32)}
    images = torch.ones(2, 1, 4, 4)
    first, again, other = (forward.train(images, {}, keys, number) for number in (0, 0, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_pure_function_draws_anew_for_each_part():
    def apply(_params, state, images, key, _training):
        return images * jax.random.bernoulli(key, 0.5, images.shape), state

    forward = PureForward(PureNetwork("mine", "pure", {}, {}, apply, "NHWC"))
    keys, images = {"": np.uint32([7, 8])}, np.ones((2, 4, 4, 1), np.float32)
    first, again, other = (forward.train(images, {}, {}, keys, n)[0] for n in (0, 0, 2))
    assert (first == again).all()
    assert (first != other).any()
