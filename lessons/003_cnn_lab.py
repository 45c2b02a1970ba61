# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # 003: a lab on CNNs
#
# Pictures as tables and arrays, a convolutional network, a loop with a mistake in it, evaluation,
# tinkering, and a look at what a layer sees.
#
# Data: CIFAR-10, fetched once, 4,000 of its images. `IMAGETTE_LESSON_DATA=fashion-sample` takes the
# grey pictures that come with imagette instead.

# %%
import os

import numpy as np

import imagette as im
from imagette.engines.protocol import weights_of
from imagette.evaluate.mistakes import mistakes
from imagette.evaluate.predictions import Predictions
from imagette.run.lines import line_of

NAME = os.environ.get("IMAGETTE_LESSON_DATA", "cifar10")
LIMIT = 4000
SHORT = [f"data.name={NAME}", f"data.limit={LIMIT}", "engine.threads=1"]

# %% [markdown]
# ## Data
# Splits, rows and columns; the same as a polars data frame.

# %%
spec = im.load("convnet_cifar", SHORT).data
data = im.open_data(spec)
print({name: len(split) for name, split in data.splits.items()})
print(data.frame().head())

# %% [markdown]
# An image is an array (height, width, channels) of bytes; here is the pixel of row 2, column 7.
# Labels are numbers; names have aliases ("car" is automobile, "boot" is ankle boot).

# %%
image, label = data.train[0]
print(image.shape, image.dtype, image[2, 7], label, data.class_name(label))
alias = "car" if NAME == "cifar10" else "boot"
print(alias, "->", data.label_of(alias))

# %% [markdown]
# Mean and deviation of each channel, of *training* images alone; the same two normalise all others,
# and travel with the network.
#
# Question: what would change if the test images were normalised by their own mean?

# %%
preprocess = im.preprocess_of(spec, data.train)
print(preprocess)
print(preprocess.apply(data.train.images[:1]).shape, "= images, channels, height, width")

# %% [markdown]
# The source transposes with axes (2, 1, 0), and so swaps height and width. Nothing complains: the
# pictures are square. Look at `swapped.png`: the lower row lies on its side.

# %%
upright = data.train.images[:10]
swapped = upright.transpose(0, 3, 2, 1).transpose(0, 2, 3, 1)  # read back as (channels, H, W)
both = np.concatenate([upright, swapped])
im.labelled_grid(both, ["right"] * 10 + ["swapped"] * 10).savefig("swapped.png")

# %% [markdown]
# ## The network
# 72,954 parameters on 3x32x32. One ReLU and one pooling could serve all layers: they have none.

# %%
graph = im.walk(im.named("convnet_cifar"), input_shape=(3, 32, 32), classes=10)
print(f"{graph.parameters:,} parameters")

# %% [markdown]
# ## The forgotten step
# The source's loop calls `zero_grad` where `step` should stand: the gradient is computed and thrown
# away. A rate of 0 does the same. The symptom: weights that equal the first ones, and a loss that
# stays where it was, however long one waits. A run compares them, and names what did not move.


# %%
def train(name, *settings):
    """Trains to the end, a line an epoch; returns the run's folder."""
    for event in im.train_experiment(im.load(name, [*SHORT, *settings])):
        if text := line_of(event):
            print(text)
    return event.folder


still = train("convnet_cifar", "recipe.optimiser.rate=0", "recipe.epochs=1", "run.title=still")
first = im.first_weights(im.prepare(im.load("convnet_cifar", SHORT)).graph, seed=0)
unmoved = all(np.array_equal(first[name], now) for name, now in still.load("last").weights.items())
print("weights that never moved:", unmoved)

# %% [markdown]
# ## The step put back
# The repaired recipe takes steps of .03 after every single image. On all of CIFAR-10 it hardly
# learns, and falls back to chance, a loss of ln 10 = 2.303, within a few epochs. (`imagette train
# convnet_cifar_lab` shows it, and says so; here are its first 1,000 steps.) With 16 images a step,
# the same rate works. The loss of an epoch is the mean over its images.
#
# Question: why does the mean of 16 gradients allow a rate that a single one does not?

# %%
lab = train("convnet_cifar_lab", "data.limit=1000", "recipe.epochs=1")
learnt = train("convnet_cifar", "recipe.epochs=8")
print("learning curve:", learnt.path / "curves.png")

# %% [markdown]
# ## Evaluation
# A few examples first: the validation images of which the network is most wrongly sure.

# %%
prepared = im.prepare(im.load("convnet_cifar", SHORT))
weights = weights_of(learnt.load("last").weights)
held_out = data.validation
predictions = Predictions(prepared.model.predict(weights, held_out.images, 400), held_out.labels)
worst = mistakes(predictions, most=10)
labels = [f"{data.class_name(m.true)[:5]}>{data.class_name(m.predicted)[:5]}" for m in worst]
im.labelled_grid(held_out.images[[m.index for m in worst]], labels).savefig("mistakes.png")

# %% [markdown]
# Then all of train, and of the images that it never saw; confusion matrices and classes. A row of
# the matrix sums to the images of its class.
#
# Look at: the gap between the two accuracies; the class that fares worst, and what it is taken for.

# %%
for split in ("train", "validation"):
    judged = im.evaluate_run(learnt.path, split)
    print(f"{split}: {judged.accuracy:.1%} of {judged.n:,}")
    print(np.array(judged.confusion))
for name, one in judged.per_class.items():
    print(f"{name:<12} {one.accuracy:.1%} of {one.n}")

# %% [markdown]
# ## Tinkering
# One change a run, each noted, each repeatable. `imagette sweep convnet_lab` tries depth, width,
# dropout, layer norm, no normalisation, Adam and batches; `learning_rates` the rates. Here three,
# with an early end on the validation images.
#
# Exercise: change two things at once. What do you know afterwards?

# %%
changes = {
    "wider": "network.width=2",
    "raw pixels": "data.normalise=none",
    "Adam": "recipe.optimiser={name='adam', rate=0.001}",
}
early = "recipe.stopping={figure='validation_loss', patience=2}"
tried = [
    train("convnet_cifar", change, early, "recipe.epochs=4", f"run.title={name}")
    for name, change in changes.items()
]
for variant in im.compare_runs([learnt.path, *(run.path for run in tried)]).variants:
    print(f"{variant.title:<14} {variant.accuracy.mean:.1%} on {variant.split}")

# %% [markdown]
# ## What a layer sees
# The activations of a layer: what is positive, summed over its channels, divided by the largest. A
# map that is 0 everywhere stays 0. Above the images, below their masks.
#
# Question: what does `relu1` mark? Try `relu2`.

# %%
chosen = held_out[:10]
maps = prepared.model.activations(weights, chosen.images, ["relu1"])["relu1"]
masks = np.maximum(maps, 0).sum(axis=1)
highest = masks.max(axis=(1, 2), keepdims=True)
masks = np.divide(masks, highest, out=np.zeros_like(masks), where=highest > 0)
shown = im.resized(
    im.Split(np.rint(255 * masks)[..., np.newaxis].astype(np.uint8), chosen.labels),
    chosen.images.shape[1],
)
as_pictures = np.repeat(shown.images, chosen.images.shape[3], axis=3)
rows = np.concatenate([chosen.images, as_pictures])
im.labelled_grid(rows, ["image"] * 10 + ["relu1"] * 10).savefig("masks.png")
