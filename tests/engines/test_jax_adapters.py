"""Networks of other libraries on JAX: one row a library, each against the library's own call."""

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from imagette.engines.own import OwnParts, Part
from imagette.engines.with_jax.adapters import first_images
from imagette.engines.with_jax.foreign import PureForward
from imagette.engines.with_jax.own import _offered, _seeded, own_of
from imagette.errors import UsageError
from imagette.network import cost_table, named, walk
from imagette.run.own import _maker

SHAPE = (3, 8, 8)
CODE = {
    "haiku": """
import haiku as hk
import jax
def make():
    def network(images, is_training):
        x = hk.Conv2D(4, 3)(images)
        x = jax.nn.relu(hk.BatchNorm(True, True, 0.9)(x, is_training)).mean((1, 2))
        x = hk.dropout(hk.next_rng_key(), 0.5, x) if is_training else x
        return hk.Linear(10)(x)
    return hk.transform_with_state(network)
""",
    "pair": """
import jax
import jax.numpy as jnp
def make():
    def init(key):
        return {"conv": jax.random.normal(key, (3, 3, 3, 4)), "out": [jnp.ones((4, 10))]}
    def apply(params, images, key):
        x = jax.lax.conv_general_dilated(
            images, params["conv"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.relu(x).mean((1, 2))
        if key is not None:
            x = x * jax.random.bernoulli(key, 0.5, x.shape)
        return x @ params["out"][0]
    return init, apply
""",
    "linen": """
import flax.linen as nn
class make(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.Conv(4, (3, 3))(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x)).mean((1, 2))
        return nn.Dense(10)(nn.Dropout(0.5, deterministic=not train)(x))
""",
    "nnx": """
from flax import nnx
class make(nnx.Module):
    def __init__(self, rngs):
        self.conv, self.norm = nnx.Conv(3, 4, (3, 3), rngs=rngs), nnx.BatchNorm(4, rngs=rngs)
        self.drop, self.out = nnx.Dropout(0.5, rngs=rngs), nnx.Linear(4, 10, rngs=rngs)
    def __call__(self, x):
        return self.out(self.drop(nnx.relu(self.norm(self.conv(x))).mean((1, 2))))
""",
    "equinox": """
import equinox as eqx
import jax
class Net(eqx.Module):
    conv: eqx.nn.Conv2d
    norm: eqx.nn.BatchNorm
    drop: eqx.nn.Dropout
    out: eqx.nn.Linear
    def __init__(self, key):
        a, b = jax.random.split(key)
        self.conv = eqx.nn.Conv2d(3, 4, 3, padding=1, key=a)
        self.norm = eqx.nn.BatchNorm(4, "batch", mode="batch")
        self.drop, self.out = eqx.nn.Dropout(0.5), eqx.nn.Linear(4, 10, key=b)
    def __call__(self, x, state, key):
        x, state = self.norm(self.conv(x), state)
        return self.out(self.drop(jax.nn.relu(x).mean((1, 2)), key=key)), state
def make(key):
    return eqx.nn.make_with_state(Net)(key)
""",
    "keras": """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras
from keras import layers
def make():
    return keras.Sequential([
        layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
        layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(10)])
""",
}


def of_haiku(made, images):
    params, state = made.init(jax.random.key(0), first_images(SHAPE, 0), True)
    return params, made.apply(params, state, None, images, False)[0]


def of_pair(made, images):
    params = made[0](jax.random.key(0))
    return params, made[1](params, images, None)


def of_linen(made, images):
    variables = made.init(jax.random.key(0), images, train=False)
    return variables["params"], made.apply(variables, images, train=False)


def of_nnx(made, images):
    from flax import nnx

    made.eval()
    return nnx.to_pure_dict(nnx.state(made, nnx.Param)), made(images)


def of_equinox(made, images):
    import equinox as eqx

    module, state = made
    one = eqx.nn.inference_mode(module)
    call = jax.vmap(lambda x: one(x, state, None)[0], axis_name="batch")
    return eqx.filter(module, eqx.is_inexact_array), call(jnp.moveaxis(images, 3, 1))


def of_keras(made, images):
    output = made(images, training=False)
    return {v.path: v.value for v in made.trainable_variables}, output


ROWS = {
    # library: (its own call, a few of its names, numbers that are trained, numbers of its state)
    "haiku": (of_haiku, {"conv2_d.w", "linear.b", "batch_norm/~/mean_ema.average"}, 170, 18),
    "pair": (of_pair, {"conv", "out.0"}, 148, 0),
    "linen": (of_linen, {"params.Conv_0.kernel", "batch_stats.BatchNorm_0.var"}, 170, 8),
    "nnx": (of_nnx, {"conv.kernel", "norm.mean", "out.bias"}, 170, 8),
    "equinox": (of_equinox, {"conv.weight", "Net.norm.batch_counter", "out.bias"}, 170, 9),
    "keras": (of_keras, {"sequential/conv2d/kernel", "sequential/dense/bias"}, 170, 8),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("own")
    for library, code in CODE.items():
        (path / f"own_{library}.py").write_text(code)
    return path


@pytest.fixture(params=ROWS)
def library(request):
    return request.param


@pytest.fixture
def part(folder, library):
    return _maker(f"own_{library}.py:make", {}, folder)


@pytest.fixture
def own(part):
    return own_of(OwnParts(seed=0, input_shape=SHAPE, network=part))


@pytest.fixture
def images():
    return jnp.array(np.random.default_rng(0).normal(size=(6, 8, 8, 3)).astype(np.float32))


@pytest.fixture
def forward(own):
    return PureForward(own.network)


def keys(number):
    return {"module": jnp.array([7, number], jnp.uint32)}


def test_names_and_numbers_are_the_librarys_own(own, library):  # 002-30, 004-17, 004-18
    graph = own.graph(SHAPE, 10)
    _, names, trained, kept = ROWS[library]
    assert (graph.parameters, graph.non_trainable) == (trained, kept)
    assert names <= {weight.name for weight in graph.weights}
    values = own.first_values()
    assert {w.name: w.shape for w in graph.weights} == {n: v.shape for n, v in values.items()}
    assert cost_table(graph).uncounted == ()
    assert graph.cost.multiplications >= 64 * 4 * 27 + 40


def test_first_values_and_logits_are_those_of_the_librarys_own_call(
    own, forward, part, library, images
):  # 000-02
    made = own.network
    with _seeded(0):
        theirs = part.function(**_offered(part.parameters(), 0))
        params, logits = ROWS[library][0](theirs, images)
    for mine, their in zip(jax.tree.leaves(made.params), jax.tree.leaves(params), strict=True):
        np.testing.assert_array_equal(mine, their)
    found = forward.evaluate(images, *forward.start(own.first_values()))
    np.testing.assert_allclose(found, logits, rtol=1e-5, atol=1e-5)


def test_state_and_dropout_move_in_training_alone(forward, own, images):  # 000-T2, 000-T4
    params, state = forward.start(own.first_values())
    train = jax.jit(forward.train)
    (first, after), (second, _) = (train(images, params, state, keys(n)) for n in (1, 2))
    again, _ = train(images, params, state, keys(1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    before, after = forward.stored(state), forward.stored(after)
    averages = [n for n in before if not np.array_equal(before[n], after[n])]
    assert bool(averages) == bool(before)
    np.testing.assert_array_equal(
        forward.evaluate(images, params, state), forward.evaluate(images, params, state)
    )


def test_what_a_checkpoint_holds_gives_the_same_predictions(forward, own, images):  # 000-08, 004-31
    params, state = forward.start(own.first_values())
    _, state = forward.train(images, params, state, keys(1))
    held = forward.stored(params) | forward.stored(state)
    again = forward.start(held)
    np.testing.assert_array_equal(
        forward.evaluate(images, *again), forward.evaluate(images, params, state)
    )


def test_another_seed_gives_other_values(part, library, own):  # 000-14
    other = own_of(OwnParts(seed=1, input_shape=SHAPE, network=part)).first_values()
    same = own_of(OwnParts(seed=0, input_shape=SHAPE, network=part)).first_values()
    values = own.first_values()
    assert all(np.array_equal(value, same[name]) for name, value in values.items())
    assert not all(np.array_equal(value, other[name]) for name, value in values.items())


def test_every_node_can_be_asked_for(forward, own, images):  # 001-04
    graph = own.graph(SHAPE, 10)
    paths = [node.path for node in graph.nodes]
    params, state = forward.start(own.first_values())
    found = forward.activations(images[:1], params, state, paths)
    assert found[graph.last.path].shape == (1, 10)
    with pytest.raises(UsageError, match="No layer is called 'convv1'"):
        forward.activations(images, params, state, ["convv1"])


SHIPPED = Path(__file__).parents[2] / "src/imagette/experiments"


def shipped(pointer, shape, **args):
    own = own_of(OwnParts(0, shape, network=_maker(pointer, args, SHIPPED)))
    return cost_table(own.graph(shape, 10))


def test_the_handwritten_sample_costs_what_the_catalogues_walk_costs():  # 004-16, 004-17, 004-21
    found = shipped("pure_mnist.py:make", (1, 28, 28))
    twin = cost_table(walk(named("convnext_mini"), (1, 28, 28), 10))
    assert (found.parameters, found.uncounted) == (13_810, ())
    assert (found.cost, found.inside) == (twin.cost, twin.inside)


@pytest.mark.parametrize("dropout", [True, False])
def test_haikus_vgg8_costs_what_the_catalogues_walk_costs(dropout):  # 000-02, 000-03
    found = shipped("haiku_vgg8.py:vgg8", (3, 32, 32), dropout=dropout)
    graph = walk(named("vgg8"), (3, 32, 32), 10)
    assert (found.parameters, found.uncounted) == (551_722, ())
    assert found.cost.multiplications == graph.cost.multiplications
    assert found.cost.maximums == graph.cost.maximums
    # Haiku's batch norm subtracts the mean and adds the offset: one addition more than the
    # convention's multiplication and addition, into which the two fold.
    normed = [node for node in graph.nodes if node.function == "batchnorm"]
    assert found.cost.additions - graph.cost.additions == sum(
        int(np.prod(node.output_shape)) for node in normed
    )


def wrong(made):
    return Part("'mine.py:net'", lambda: made)


def counted():
    """A pair whose names hold how often it was made."""
    counted.times += 1
    name = f"w{counted.times}"
    return lambda key: {name: jnp.ones((192, 10))}, lambda p, x: x.reshape(len(x), -1) @ p[name]


counted.times = 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: 3,
            "'mine.py:net' must return a network that JAX trains: a Haiku transform, a Flax, "
            "Equinox or Keras module, or a pair of functions (init, apply). Got a int.",
        ),
        (lambda: counted, "Got a function."),
        (lambda: dict, "Got the class dict itself, not a network made by it."),
        (lambda: (counted, 3), "Got a tuple."),
        (
            lambda: (lambda key: {"w": 1 / 0}, counted),
            "'mine.py:net': init raised ZeroDivisionError: division by zero (test_jax_adapters.py",
        ),
        (
            counted,
            "'mine.py:net', made twice, has other arrays: w1 [192, 10], then w2 [192, 10]. "
            "Checkpoints find them by name and shape: give its modules names that stay the same.",
        ),
    ],
)
def test_a_factory_that_returns_the_wrong_thing_is_told(make, message):
    part = Part("'mine.py:net'", make)
    with pytest.raises(UsageError) as caught:
        own_of(OwnParts(0, SHAPE, network=part))
    assert message in str(caught.value)


def test_a_module_of_torch_is_sent_to_its_engine():
    from torch import nn

    with pytest.raises(UsageError, match=r"Got a torch\.nn\.Module, which engine\.name = 'torch'"):
        own_of(OwnParts(0, SHAPE, network=wrong(nn.Linear(3, 3))))


def test_no_library_is_imported_for_the_sake_of_a_pair():
    code = """
import sys
from imagette.engines.own import OwnParts, Part
from imagette.engines.with_jax.own import _offered, _seeded, own_of
import jax.numpy as jnp
pair = lambda key: {"w": jnp.ones((192, 10))}, lambda p, x: x.reshape(len(x), -1) @ p["w"]
own_of(OwnParts(0, (3, 8, 8), network=Part("it", lambda: pair))).graph((3, 8, 8), 10)
print([name for name in ("haiku", "flax", "equinox", "keras", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
