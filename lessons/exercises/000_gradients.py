# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # Exercise to 000: loss, gradients and update by hand
#
# Three functions of JAX train a small network: the loss of one image, the gradients of a batch, and
# a step of SGD. After each stands a check, which says in one line what is wrong. Copy
# `lessons/exercises/000_gradients.py` to a folder of your own and fill its gaps;
# `solutions/000_gradients.py` beside it is complete.
#
# Data: 2,000 of the Fashion-MNIST pictures that come with imagette. It takes some seconds.

# %%
from importlib.util import find_spec

import numpy as np

import imagette as im

if not find_spec("jax"):
    raise SystemExit("this exercise needs jax: pip install 'imagette[jax]'")
import jax

data = im.open_data(im.DataSpec(name="fashion-sample", limit=2000))
preprocess = im.preprocess_of(im.DataSpec(name="fashion-sample"), data.train)
images, labels = preprocess.apply(data.train.images), np.array(data.train.labels)
graph = im.walk(im.parse("flatten; linear 32; relu; linear classes"), data.input_shape, 10)
network, weights = im.network_function(graph), im.first_weights(graph, seed=0)
print({name: value.shape for name, value in weights.items()})

# %% [markdown]
# ## The loss of one image
# `network(weights, image)` gives ten logits. The cross-entropy is -log p[label], where p is their
# softmax. `jax.nn.log_softmax` is stable where log and softmax, one after the other, are not.


# %%
def loss(weights, image, label):
    """One number: the cross-entropy of one image."""
    raise NotImplementedError("the cross-entropy of one image")


# %%
for i in range(4):
    logits = np.asarray(network(weights, images[i]), np.float64)
    right = np.log(np.exp(logits).sum()) - logits[labels[i]]
    found = loss(weights, images[i], labels[i])
    assert found is not None, "loss gives nothing: is there a return?"
    assert np.shape(found) == (), f"loss gives one number, not an array of shape {np.shape(found)}"
    assert np.isclose(found, right, rtol=1e-4), f"image {i}'s loss is {right:.4f}, not {found:.4f}"
try:
    jax.grad(loss)(weights, images[0], labels[0])
except TypeError as error:
    told = "jax cannot differentiate this loss: no float() in it, and nothing of NumPy"
    raise AssertionError(told) from error

# %% [markdown]
# ## The gradient of every image
# `jax.grad` differentiates by the first argument, all weights at once; `jax.vmap` makes of a
# function of one image one of a batch. `in_axes` says which arguments have a batch, and where.


# %%
def gradients_of_each(weights, images, labels):
    """By the name of a weight, the gradients of each image's loss: an array [B, ...]."""
    raise NotImplementedError("the gradients of each image, vmap of grad")


# %%
try:
    each = gradients_of_each(weights, images[:4], labels[:4])
except (TypeError, ValueError) as error:
    told = (
        "images and labels have a batch, weights have none: is it vmap with in_axes=(None, 0, 0)?"
    )
    raise AssertionError(told) from error
assert each is not None, "gradients_of_each gives nothing: is there a return?"
kind = type(each).__name__
assert isinstance(each, dict), f"it gives arrays by the names of the weights, a dict, not a {kind}"
shapes = {name: np.shape(value) for name, value in each.items()}
asked = {name: (4, *value.shape) for name, value in weights.items()}
assert shapes == asked, f"the gradients of four images have the shapes {asked}, not {shapes}"
one = jax.grad(loss)(weights, images[2], labels[2])
close = all(np.allclose(each[name][2], one[name], atol=1e-5) for name in weights)
assert close, "each['...'][2] must be the gradient of image 2 alone, not of the batch"

# %% [markdown]
# ## A step of SGD
# Against the mean of the gradients, `rate` times. New arrays, for those of JAX are never changed.


# %%
def updated(weights, each, rate):
    """The weights after one step."""
    raise NotImplementedError("weights minus rate times the mean gradient")


# %%
ones, two = {"w": np.ones(2), "b": np.ones(1)}, {"w": [[1.0, 2.0], [3.0, 6.0]], "b": [[2.0], [4.0]]}
try:
    moved = updated(ones, {name: np.array(both) for name, both in two.items()}, 0.5)
except TypeError as error:
    told = "weights and gradients are dicts: take them name by name"
    raise AssertionError(told) from error
assert moved is not None, "updated gives nothing: is there a return?"
kind = type(moved).__name__
assert isinstance(moved, dict), f"it gives what it was given, weights in a dict, not a {kind}"
assert moved.keys() == ones.keys(), (
    f"all weights move, w and b, not {list(moved)}: return too early?"
)
right = "ones less 0.5 times the mean of [1, 2] and [3, 6] are [0, -1]"
assert np.array_equal(moved["w"], [0, -1]), f"{right}, not {np.asarray(moved['w']).tolist()}"

# %% [markdown]
# ## Training
# Three epochs of batches of 50, in a new order each. Question: the gradients of single images are
# not needed for a step; the gradient of their mean loss would do. What could you use them for?


# %%
@jax.jit
def step(weights, images, labels):
    return updated(weights, gradients_of_each(weights, images, labels), 0.05)


def accuracy(weights, split):
    logits = jax.vmap(network, in_axes=(None, 0))(weights, preprocess.apply(split.images))
    return float((np.asarray(logits).argmax(1) == split.labels).mean())


order = np.random.default_rng(0)
for epoch in (1, 2, 3):
    for batch in order.permutation(len(labels)).reshape(-1, 50):
        weights = step(weights, images[batch], labels[batch])
    print(f"epoch {epoch}: {accuracy(weights, data.validation):.1%} on validation")
reached = accuracy(weights, data.validation)
assert reached > 0.65, f"three epochs reach 65 % on validation, not {reached:.1%}: is a step taken?"
