"""What XLA makes of a layer is what JAX computes operation by operation.

jaxlib 0.10.2 sums some arrays wrongly on a processor unless it is told not to (jax-ml/jax#39103).
"""

import jax
import jax.numpy as jnp
import numpy as np

from imagette.engines.initial import first_weights
from imagette.engines.with_jax.forward import Forward

SHAPE = (4, 14, 12)


def test_compiled_equals_eager(layer_text, layer_alone, assert_close):
    graph = layer_alone(layer_text, SHAPE)
    forward = Forward(graph)
    params, fixed = forward.start(first_weights(graph, seed=0))
    images = jnp.asarray(np.random.default_rng(0).normal(size=(16, 14, 12, 4)), jnp.float32)
    keys = {node.path: np.array([1, 2], np.uint32) for node in graph.nodes}

    def loss(images, params):
        outputs, moved = forward.train(images, params, fixed, keys)
        return jnp.square(outputs).mean(), moved

    step = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)
    compiled = jax.jit(step)(images, params)
    with jax.disable_jit():
        eager = step(images, params)
    assert_close(*({str(i): np.asarray(x) for i, x in enumerate(jax.tree.leaves(found))}
                   for found in (compiled, eager)), 1e-5)  # fmt: skip


def test_sums_of_many_numbers_are_right():
    x = np.random.default_rng(0).uniform(size=(64, 24, 24, 8)).astype(np.float32)
    for axes in [(0, 1, 2), (1, 2), (3,), None]:
        found = np.asarray(jax.jit(lambda x, axes=axes: (x * 2 + 1).sum(axes))(x))
        np.testing.assert_allclose(found, (x.astype(np.float64) * 2 + 1).sum(axes), rtol=1e-5)
