"""What a trace says of single functions of JAX: costs reckoned by hand, or not known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from imagette.engines.with_jax.foreign import PureForward
from imagette.engines.with_jax.pure import PureNetwork
from imagette.engines.with_jax.trace import trace
from imagette.network import cost_table, parse, walk

HWC, OIHW = ("NHWC", "HWIO", "NHWC"), ("NCHW", "OIHW", "NCHW")
SHAPE = (4, 8, 8)  # of an image, [C,H,W]


def body(picture, kernel=None, params=None):
    """A function of pictures [B,8,8,4], and of a weight `kernel` if it is given; then a linear."""

    def apply(params, state, images, key, training):
        given = (params["kernel"],) if kernel else ()
        made = picture(*given, images)
        with jax.named_scope("head"):
            return made.reshape(len(images), -1) @ params["head"], state

    def make():
        weights = {"kernel": jnp.ones(kernel)} if kernel else {}
        out = jax.eval_shape(picture, *weights.values(), jnp.zeros((1, 8, 8, 4)))
        weights["head"] = jnp.ones((out.size, 10))
        return PureNetwork("'body'", "test", weights, {}, apply, "NHWC")

    return make


def conv(form=HWC, stride=(1, 1), padding="VALID", **more):
    return lambda k, x: lax.conv_general_dilated(
        x, k, stride, padding, dimension_numbers=form, **more
    )


def inverted(x):
    return lax.conv_transpose(x, jnp.ones((2, 2, 4, 4)), (2, 2), "VALID")


def standardised(k, x):
    return conv()((k - k.mean()) / k.std(), x)


def pool(fold, start, window, stride, padding="VALID"):
    return lambda x: lax.reduce_window(x, start, fold, (1, *window, 1), (1, *stride, 1), padding)


@jax.custom_vjp
def own_gradient(x):
    return jnp.maximum(x * 2, 0)


own_gradient.defvjp(lambda x: (own_gradient(x), None), lambda _, g: (g,))


def looped(x):
    return lax.scan(lambda c, _: (c * 2.0, None), x, None, length=3)[0]


def largest(x):
    values, places = lax.top_k(x, 2)
    return jax.nn.relu(values) * places


N = 4 * 8 * 8
CONV = 4 * 6 * 6  # outputs of a 3x3 convolution of 4 channels
CONFORMANCE = {
    # what: (body, {path: (multiplications, additions, maximums)}, uncounted)
    "conv": (
        body(conv(stride=(2, 2), padding=((1, 1), (1, 1))), (3, 3, 4, 6)),
        {"conv1": (6 * 16 * 36, 6 * 16 * 35, 0)},
        [],
    ),
    "conv with a bias": (
        body(lambda k, x: conv()(jnp.ones((3, 3, 4, 4)), x) + k, (4,)),
        {"conv1": (CONV * 36, CONV * 35, 0), "add1": (0, CONV, 0)},
        [],
    ),
    "depthwise": (
        body(conv(feature_group_count=4), (3, 3, 1, 4)),
        {"conv1": (CONV * 9, CONV * 8, 0)},
        [],
    ),
    "dilated": (
        body(conv(rhs_dilation=(2, 2)), (3, 3, 4, 5)),
        {"conv1": (5 * 16 * 36, 5 * 16 * 35, 0)},
        [],
    ),
    "same": (body(conv(padding="SAME"), (3, 3, 4, 4)), {"conv1": (N * 36, N * 35, 0)}, []),
    "channels first": (
        body(lambda k, x: conv(OIHW)(k, jnp.moveaxis(x, 3, 1)), (4, 4, 3, 3)),
        {"conv1": (CONV * 36, CONV * 35, 0)},
        [],
    ),
    "of one image, under vmap": (
        body(lambda k, x: jax.vmap(lambda one: conv()(k, one[None])[0])(x), (3, 3, 4, 4)),
        {"conv1": (CONV * 36, CONV * 35, 0)},
        [],
    ),
    "conv1d": (
        body(
            lambda k, x: conv(("NWC", "WIO", "NWC"), (1,))(k, x.reshape(-1, 64, 4)),
            (3, 4, 4),
        ),
        {},
        ["conv1"],
    ),
    "transposed": (body(inverted), {}, ["conv1"]),
    "standardised": (
        body(standardised, (3, 3, 4, 4)),
        {"conv1": (CONV * 36, CONV * 35, 0)},
        [],
    ),
    "kernel of the image": (
        body(lambda x: conv()(x.mean((0, 1, 2)).reshape(1, 1, 4, 1), x)),
        {},
        ["sum1", "divide1", "conv1"],
    ),
    "linear": (
        body(lambda k, x: x.reshape(-1, 256) @ k, (256, 5)),
        {"linear1": (256 * 5, 255 * 5, 0)},
        [],
    ),
    "linear, the matrix first": (
        body(lambda k, x: jax.vmap(lambda one: k @ one)(x.reshape(-1, 256)), (5, 256)),
        {"linear1": (256 * 5, 255 * 5, 0)},
        [],
    ),
    "linear on tokens": (
        body(lambda k, x: x.reshape(-1, 64, 4) @ k, (4, 5)),
        {"linear1": (64 * 5 * 4, 64 * 5 * 3, 0)},
        [],
    ),
    "attention": (
        body(lambda x: jnp.einsum("bhwc,bhvc->bhwv", x, x)),
        {},
        ["bhwc,bhvc->bhwv.linear1"],  # einsum makes a scope of its own
    ),
    "across the batch": (
        body(lambda x: jnp.einsum("ab,bhwc->ahwc", jnp.ones((len(x), len(x))), x) + x),
        {"add1": (0, N, 0)},
        None,
    ),
    "maxpool": (
        body(pool(lax.max, -jnp.inf, (3, 3), (2, 2), ((0, 0), (1, 1), (1, 1), (0, 0)))),
        {"maxpool1": (0, 0, 64 * 8)},
        [],
    ),
    "avgpool": (
        body(lambda x: pool(lax.add, 0.0, (2, 2), (2, 2))(x) / 4),
        {"sumpool1": (0, 64 * 3, 0), "divide1": (64, 0, 0)},
        [],
    ),
    "pool over channels": (
        body(lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 2), (1, 1, 1, 1), "SAME")),
        {},
        ["maxpool1"],
    ),
    "mean": (body(lambda x: x.mean((1, 2))), {"sum1": (0, 252, 0), "divide1": (4, 0, 0)}, []),
    "mean kept": (
        body(lambda x: x.mean(3, keepdims=True)),
        {"sum1": (0, 192, 0), "divide1": (64, 0, 0)},
        [],
    ),
    "mean batch": (
        body(lambda x: x - x.mean(0)),
        {},
        ["sum1", "divide1", "subtract1"],
    ),
    "variance": (
        body(lambda x: x.var(3)),
        {
            "sum1": (0, 192, 0),
            "divide1": (64, 0, 0),
            "subtract1": (0, N, 0),
            "square1": (N, 0, 0),
            "sum2": (0, 192, 0),
            "divide2": (64, 0, 0),
        },
        [],
    ),
    "relu": (body(jax.nn.relu), {"relu1": (0, 0, N)}, []),
    "relu6": (body(jax.nn.relu6), {"relu1": (0, 0, N), "minimum1": (0, 0, N)}, []),
    "clip": (
        body(lambda x: lax.clamp(0.0, x, 6.0)),
        {"clip1": (0, 0, 2 * N)},
        [],
    ),
    "gelu": (
        body(lambda x: jax.nn.gelu(x, approximate=False)),
        {**{f"multiply{n}": (N, 0, 0) for n in (1, 2, 3)}, "erfc1": (0, N, 0)},
        [],
    ),
    "silu": (body(jax.nn.silu), {"sigmoid1": (0, N, 0), "multiply1": (N, 0, 0)}, []),
    "leaky": (body(jax.nn.leaky_relu), {"multiply1": (N, 0, 0)}, ["ge1", "select1"]),
    "softmax": (
        body(jax.nn.softmax),
        {"largest1": (0, 0, 192), "subtract1": (0, N, 0), "sum1": (0, 192, 0)},
        [],
    ),
    "powers": (body(lambda x: x**2 + x**3), None, []),
    "root": (body(jnp.sqrt), {}, ["sqrt1"]),
    "x + x": (body(lambda x: x + x), {"add1": (0, N, 0)}, []),
    "every pair of images": (
        body(lambda x: (x[:, None] - x[None]).mean(1) + x),
        {"divide1": (N, 0, 0), "add1": (0, N, 0)},
        ["subtract1", "sum1"],
    ),
    "chunks": (
        body(lambda x: jnp.split(x, 2, 3)[0] * jnp.split(x, 2, 3)[1]),
        {"multiply1": (N // 2, 0, 0)},
        [],
    ),
    "largest": (
        body(largest),
        {"relu1": (0, 0, N // 2), "multiply1": (N // 2, 0, 0)},
        ["top_k1"],
    ),
    "turned": (
        body(lambda x: jax.nn.relu(jnp.pad(x.transpose(0, 3, 1, 2)[:, :, ::-1], 1)[1:-1])),
        {"relu1": (0, 0, 6 * 10 * 10)},
        [],
    ),
    "cat": (
        body(lambda x: jax.nn.relu(jnp.concatenate([x, x], 3))),
        {"relu1": (0, 0, 2 * N)},
        [],
    ),
    "cat height": (body(lambda x: jnp.concatenate([x, x], 1)), {}, ["concatenate1"]),
    "own gradient": (
        body(own_gradient),
        {"multiply1": (N, 0, 0), "relu1": (0, 0, N)},
        [],
    ),
    "computed again": (
        body(jax.checkpoint(lambda x: jax.jit(jnp.tanh)(x) * 2)),
        {"multiply1": (N, 0, 0)},
        [],
    ),
    "looped": (body(looped), {}, ["scan1"]),
    "chosen by the image": (
        body(lambda x: lax.cond(x.sum() > 0, lambda y: y, lambda y: y * 2, x)),
        {},
        None,
    ),
}  # fmt: skip


def conformance(*without):
    rows = [pytest.param(*row, id=name) for name, row in CONFORMANCE.items() if name not in without]
    return pytest.mark.parametrize(("make", "costs", "uncounted"), rows)


@conformance()
def test_a_cost_is_exact_or_not_known(make, costs, uncounted):  # 001-07
    network = make()
    graph = trace(network, SHAPE, 10)
    found = {
        node.path: (node.cost.multiplications, node.cost.additions, node.cost.maximums)
        for node in graph.nodes
        if node.cost.total and not node.path.startswith("head")
    }
    if costs is None:  # each power by one multiplication less than its exponent
        assert sum(m for m, _, _ in found.values()) == 3 * N
    else:
        assert found == costs
    table = cost_table(graph)
    assert table.uncounted if uncounted is None else list(table.uncounted) == uncounted
    assert graph.parameters == sum(w.size for w in jax.tree.leaves(network.params))
    head = next(node for node in graph.nodes if node.path == "head.linear1")
    assert head.cost.multiplications == network.params["head"].size
    assert not head.uncounted


@pytest.mark.parametrize("num_images", [1, 3])
@conformance("across the batch")  # one image is not the first of eleven there
def test_what_every_path_made_can_be_asked_for(make, costs, uncounted, num_images):  # 001-04
    network = make()
    graph = trace(network, SHAPE, 10)
    paths = [node.path for node in graph.nodes]
    forward, images = PureForward(network), jnp.ones((num_images, 8, 8, 4))
    found = forward.activations(images, network.params, {}, paths)
    logits = forward.evaluate(images, network.params, {})
    np.testing.assert_allclose(found[graph.last.path], logits, rtol=1e-5, atol=1e-4)


TWIN = """conv 8 3x3 stride=2 pad=1 bias=no
relu; maxpool 2; conv 8 3x3 groups=8 pad=same bias=no; gelu; mean; linear 6; tanh; linear classes
log_softmax"""


def test_a_trace_costs_what_the_walk_of_its_twin_costs():  # 001-07
    def apply(params, state, x, key, training):
        first, second, w, b, v, c = params
        x = jax.nn.relu(conv(stride=(2, 2), padding=((1, 1), (1, 1)))(first, x))
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = conv(padding="SAME", feature_group_count=8)(second, x)
        x = jax.nn.gelu(x, approximate=False).mean((1, 2))
        return jax.nn.log_softmax(jnp.tanh(x @ w + b) @ v + c), state

    shapes = ((3, 3, 4, 8), (3, 3, 1, 8), (8, 6), (6,), (6, 10), (10,))
    network = PureNetwork("'twin'", "test", [jnp.ones(s) for s in shapes], {}, apply, "NHWC")
    traced = cost_table(trace(network, (4, 16, 16), 10))
    walked = cost_table(walk(parse(TWIN), (4, 16, 16), 10))
    assert traced.uncounted == ()
    assert traced.cost == walked.cost
    assert traced.inside == walked.inside
    assert traced.parameters == walked.parameters
    # A bias is added by a node of its own here: the walk counts it in its linear's backward too.
    assert traced.backward.multiplications == walked.backward.multiplications


def test_pictures_are_shown_channels_first_and_batches_nowhere():
    shapes = [n.output_shape for n in trace(CONFORMANCE["conv"][0](), SHAPE, 10).nodes]
    assert shapes == [(6, 4, 4), (96,), (10,)]
