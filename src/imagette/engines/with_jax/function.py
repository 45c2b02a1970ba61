"""The network as a pure function of one image, which every transformation of JAX works on."""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jax import Array

from imagette.engines.meanings import Foreign
from imagette.engines.with_jax.backend import begin
from imagette.engines.with_jax.forward import Forward
from imagette.engines.with_jax.layout import as_computed
from imagette.errors import UsageError
from imagette.network.graph import Graph

Weights = Mapping[str, Array]


def network_function(graph: Graph) -> Callable[[Weights, Array], Array]:
    """A function (weights, image) to logits [K], in evaluation mode.

    `weights` are those of `first_weights` or of a checkpoint, by name, as NumPy or JAX arrays;
    `image` is float32 [C,H,W], as a `Preprocess` makes it. The function has no state and knows no
    batch, so that `jit`, `vmap`, `grad`, `jvp`, `jacfwd`, `vjp` and `jacrev` all apply to it.

    >>> import jax, numpy as np
    >>> from imagette import first_weights, named, walk
    >>> graph = walk(named("softmax"), (1, 28, 28), classes=10)
    >>> function, weights = network_function(graph), first_weights(graph, seed=0)
    >>> images = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)
    >>> labels = np.arange(5)

    A batch, from the function of one image (000-21):

    >>> jax.vmap(function, in_axes=(None, 0))(weights, images).shape
    (5, 10)

    The gradient of every single example (000-19):

    >>> def loss(weights, image, label):
    ...     return -jax.nn.log_softmax(function(weights, image))[label]
    >>> each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(weights, images, labels)
    >>> each["linear1.weight"].shape
    (5, 10, 784)

    Forward mode, how the logits change along a direction, and reverse mode, what each logit owes to
    every pixel (000-20):

    >>> of_image = lambda image: function(weights, image)
    >>> logits, change = jax.jvp(of_image, (images[0],), (np.ones_like(images[0]),))
    >>> logits, back = jax.vjp(of_image, images[0])
    >>> jax.jacfwd(of_image)(images[0]).shape == (10, *back(logits)[0].shape)
    True
    """
    if any(isinstance(node.layer, Foreign) for node in graph.nodes):
        raise UsageError(
            "network_function takes a network of the language. Got the graph of code of your own, "
            "which is a function already: apply that."
        )
    begin(None)
    forward = Forward(graph)

    def function(weights: Weights, image: Array) -> Array:
        laid = {name: as_computed(jnp.asarray(value)) for name, value in weights.items()}
        return forward.evaluate(jnp.moveaxis(image, 0, -1)[None], laid, {})[0]

    return function
