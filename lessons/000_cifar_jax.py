# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # 000: CIFAR-10 with sequential CNNs
#
# The source is a course on JAX: write your own training pipeline, then fight overfitting. Its cells
# run on either engine: `ENGINE = "jax"` takes JAX. What belongs to JAX alone (gradients of single
# examples, forward mode, `vmap`) has a section of its own.
#
# Data: CIFAR-10, fetched once, 600 of its images on one thread, so that all takes a minute or so.
# `IMAGETTE_LESSON_DATA=fashion-sample` takes the grey pictures that come with imagette instead.
# To learn in earnest, raise `LIMIT` and `EPOCHS`.

# %%
import os
from importlib.util import find_spec

import numpy as np

import imagette as im
from imagette.engines.protocol import weights_of
from imagette.evaluate.evaluation import evaluate
from imagette.evaluate.overfitting import gap
from imagette.evaluate.predictions import Predictions
from imagette.run.lines import line_of

NAME = os.environ.get("IMAGETTE_LESSON_DATA", "cifar10")
ENGINE, LIMIT, EPOCHS = "torch", 600, 4
if not find_spec(ENGINE):
    raise SystemExit(f"this lesson needs {ENGINE}: pip install 'imagette[{ENGINE}]'")
SHORT = [f"data.name={NAME}", f"data.limit={LIMIT}", f"recipe.epochs={EPOCHS}"]
SHORT += [f"engine.name={ENGINE}", "engine.threads=1"]  # quick where a machine has other work too
SHORT += ["data.validation=0.02"] if NAME == "cifar10" else []

# %% [markdown]
# ## The data
# Training images teach, validation images help to choose, test images judge once, at the end. The
# official halves are never merged, and the test half stays shut until section 6.
#
# Question: why is a share of *each class* held out, and not simply the last images?

# %%
experiment = im.load("vgg8_overfitted", SHORT)
data = im.open_data(experiment.data)
print(len(data.train), "to train,", len(data.validation), "to validate, of", data.input_shape)
print(data.class_names)
some = data.train[:20]
names = [data.class_name(label) for label in some.labels]
im.labelled_grid(some.images, names).savefig("pictures.png")

# %% [markdown]
# ## The network
# Three blocks of two 3x3 convolutions, each followed by ReLU and batch norm; then pooling. The
# parameters are counted without running anything.
#
# Look at: which layer holds half of all parameters? Source 001 allows 250,000: is this within it?

# %%
graph = im.walk(im.named("vgg8"), input_shape=(3, 32, 32), classes=10)
for node in graph.nodes:
    print(f"F{node.index:<3} {node.path:<12} {node.output_shape!s:<14} {node.parameters:>8,}")
print(f"{graph.parameters:,} parameters; within 250,000: {graph.parameters <= 250_000}")

# %% [markdown]
# ## A pure function of one image
# In JAX a network is a function (weights, image) to logits, without state and without a batch.
# `vmap` makes the batch; `grad` the gradient; `vmap` of `grad` the gradient of every example alone,
# and `jvp` says in one forward pass how the logits change along a direction (skipped without JAX).
#
# Exercise: which of the five pictures would pull hardest on the last layer?

# %%
if find_spec("jax"):
    import jax

    small = im.walk(im.named("lenet_cifar"), input_shape=(3, 32, 32), classes=10)
    function = im.network_function(small)
    weights = im.first_weights(small, seed=0)
    pictures = np.random.default_rng(0).random((5, 3, 32, 32), np.float32)

    def loss(weights, picture, label):
        return -jax.nn.log_softmax(function(weights, picture))[label]

    print(jax.vmap(function, in_axes=(None, 0))(weights, pictures).shape)
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(weights, pictures, np.arange(5))
    print({n: float(np.abs(g).max()) for n, g in enumerate(each["linear3.weight"])})
    image, direction = pictures[0], np.ones_like(pictures[0])
    logits, change = jax.jvp(lambda image: function(weights, image), (image,), (direction,))
    print(change)

# %% [markdown]
# ## Your own pipeline
# `prepare` gives the parts: the data on the device, first weights, plans of steps, and a model that
# takes steps and predicts. All chance comes from the seed: the order of the images, dropout
# (which draws anew at every step), the first weights. The same seed gives the same bits.
#
# Exercise: print the loss of every step. Why does it jump about, and the epoch's mean less so?

# %%
prepared = im.prepare(experiment)
model = prepared.model
model.place(data.train.images, data.train.labels)
state = model.start(im.first_weights(prepared.graph, seed=experiment.seed))
for epoch in (1, 2):
    for plan in prepared.planner.epoch(epoch):
        state, losses, correct = model.advance(state, plan)
    weights = weights_of(model.save(state))
    logits = model.predict(weights, data.validation.images, 400)
    judged = evaluate(Predictions(logits, data.validation.labels), data.class_names)
    print(f"epoch {epoch}: last loss {losses[-1]:.3f}, validation {judged.accuracy:.1%}")

# %% [markdown]
# ## The same in one call
# `imagette train vgg8_overfitted` on the command line. A run is a folder, never written over; it
# holds the weights *and* the running statistics of the batch norms.
#
# Look at `curves.png` in it. Where does the validation loss turn while the training loss still
# falls? That is overfitting; the end of a run says so where it sees it.


# %%
def train(name, *settings):
    """Trains to the end, a line an epoch; returns the run's folder."""
    for event in im.train_experiment(im.load(name, [*SHORT, *settings])):
        if text := line_of(event):
            print(text)
    return event.folder


overfitted = train("vgg8_overfitted")
print("curves:", overfitted.path / "curves.png")
print(f"training minus validation accuracy: {100 * gap(overfitted.history()[-1]):.1f} points")

# %% [markdown]
# ## Saved and loaded
# The figures of the loaded network are those of the trained one, exactly: parameters alone, without
# the batch norms' statistics, would not do.

# %%
kept = overfitted.evaluation_figures("validation")["accuracy"]
assert im.evaluate_run(overfitted.path).accuracy == kept

# %% [markdown]
# ## Remedies
# Dropout that increases from block to block; shifted and mirrored images; weight decay; smoothed
# labels; an early end. Each is a line of the experiment; none needs code.
#
# On so few images and epochs dropout may well lose: it slows learning down. Question: what would
# you expect after 300 epochs on all images? The source reached about 79 % without, 83 % with.

# %%
regularised = train("vgg8_regularised")
augmented = train(
    "vgg8_overfitted",
    "recipe.augment=['flip', 'shift']",
    "recipe.optimiser={name='adamw', rate=0.001, decay=0.05}",
    "recipe.loss.label_smoothing=0.1",
    "recipe.stopping={figure='validation_loss', patience=3}",
    "run.title=augmented",
)
compared = im.compare_runs([overfitted.path, regularised.path, augmented.path])
for variant in compared.variants:
    print(f"{variant.title:<18} {variant.accuracy.mean:.1%} on {variant.split}")

# %% [markdown]
# ## The test set, once
# When you are sure, and not before. The opening is on record, and its result is a line across the
# curves. Question: why may you not go back and choose another network now?

# %%
final = im.evaluate_run(overfitted.path, "test", open_test_set=True)
low, high = final.interval
print(f"test: {final.accuracy:.1%} ({low:.1%} to {high:.1%}, n = {final.n:,})")
assert np.sum(final.confusion) == final.n
