"""Networks that JAX could not train, told before anything is computed on images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from imagette.engines.with_jax.pure import PureNetwork
from imagette.engines.with_jax.trace import trace
from imagette.errors import UsageError

SHAPE = (4, 8, 8)  # of an image, [C,H,W]


def network(apply, params=None, state=None):
    params = {"w": jnp.ones((256, 10))} if params is None else params
    return PureNetwork("'mine.py:net'", "test", params, state or {}, apply, "NHWC")


def linear(params, images):
    return images.reshape(len(images), -1) @ params["w"]


def counting(after):
    """Returns this state in training."""

    def apply(params, state, images, key, training):
        return linear(params, images), after if training else state

    return network(apply, state={"n": jnp.zeros((), jnp.int32)})


SPARE = {"w": np.ones((256, 10), np.float32), "spare": np.ones(3, np.float32)}
WRONG = {
    "a class too few": (
        lambda: network(lambda p, s, x, k, t: (linear(p, x)[:, 1:], s)),
        "'mine.py:net' must end in one number for each of 10 classes, [B,10]. "
        "Got [11, 9] for images [11, 8, 8, 4]: change its last layer.",
    ),
    "a shape of its own at some calls": (
        lambda: network(lambda p, s, x, k, t: (linear(p, x)[: 11 if len(x) > 6 else 3], s)),
        "Got [3, 10] for images [6, 8, 8, 4]",
    ),
    "two outputs": (
        lambda: network(lambda p, s, x, k, t: ((linear(p, x), x), s)),
        "'mine.py:net' must return an array [B,classes]. Got a tuple.",
    ),
    "whole numbers": (
        lambda: network(lambda p, s, x, k, t: (linear(p, x).astype(int), s)),
        "'mine.py:net' must return float32. Got int32.",
    ),
    "an error of its own": (
        lambda: network(lambda p, s, x, k, t: (x.reshape(len(x), 5) @ p["w"], s)),
        "'mine.py:net', evaluating on images [11, 8, 8, 4], raised TypeError: ",
    ),
    "an error in training": (
        lambda: network(lambda p, s, x, k, t: (linear({} if t else p, x), s)),
        "'mine.py:net', training on images [11, 8, 8, 4], raised KeyError: 'w' (test_jax_reach.py",
    ),
    "blind": (
        lambda: network(lambda p, s, x, k, t: (p["w"].sum(0) * jnp.ones((len(x), 1)), s)),
        "What 'mine.py:net' returns does not depend on the image: use it.",
    ),
    "unused": (
        lambda: network(lambda p, s, x, k, t: (linear(p, x), s), SPARE),
        "In training no gradient reaches spare of 'mine.py:net': use it in the network, "
        "keep it in its state, or remove it.",
    ),
    "stopped": (
        lambda: network(
            lambda p, s, x, k, t: (linear(p, x) + lax.stop_gradient(p["spare"].sum()), s), SPARE
        ),
        "no gradient reaches spare of",
    ),
    "no parameters": (
        lambda: network(lambda p, s, x, k, t: (x[:, 0, :5].reshape(len(x), -1)[:, :10], s), {}),
        "'mine.py:net' has no parameters: there is nothing to train.",
    ),
    "a state of another dtype": (
        lambda: counting({"n": jnp.zeros(())}),
        "'mine.py:net' changes the form of its state at a call: 'n' is int32 [] before and "
        "float32 [] after. Keep its names, shapes and dtypes.",
    ),
    "a state that grows": (
        lambda: counting({"n": jnp.zeros((), jnp.int32), "m": jnp.zeros(2)}),
        "'m' is absent before and float32 [2] after.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_a_network_that_cannot_be_trained_is_refused(make, message):
    with pytest.raises(UsageError) as caught:
        trace(make(), SHAPE, 10)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gradient_that_is_zero_for_these_values_still_reaches():
    def apply(params, state, images, key, training):
        return linear(params, images) + jax.nn.relu(images.sum() * params["gate"]), state

    params = {"w": jnp.ones((256, 10)), "gate": jnp.zeros(())}
    assert trace(network(apply, params), SHAPE, 10).parameters == 2561


def test_weights_of_training_alone_are_kept_but_read_by_no_node():  # 002-30
    def apply(params, state, images, key, training):
        return linear(params, images) + (params["spare"].sum() if training else 0), state

    params = {"w": jnp.ones((256, 10)), "spare": jnp.ones(3)}
    graph = trace(network(apply, params), SHAPE, 10)
    assert [weight.name for weight in graph.unattached] == ["spare"]
    assert graph.random_paths == ("module",)
