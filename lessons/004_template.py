# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # 004: one file that says everything
#
# The source is a template in JAX: a clear structure, and a JSON file that chooses network, data,
# optimiser, loss, metrics and epochs by name. This lesson runs on the torch engine, until imagette
# has one of JAX; exports (LiteRT, ONNX) and Weights & Biases come with their own commands.
#
# Data: MNIST, fetched once, 4,000 of its images. `IMAGETTE_LESSON_DATA=fashion-sample` takes the
# pictures that come with imagette instead.

# %%
import json
import os
from pathlib import Path

import numpy as np

import imagette as im
from imagette.run.lines import line_of
from imagette.run.origin import Origin
from imagette.store.folder import RunFolder

NAME = os.environ.get("IMAGETTE_LESSON_DATA", "mnist")

# %% [markdown]
# ## Structure
# The parts that the template keeps in folders are stages here; each takes plain values and returns
# one: `data`, `network`, `recipe` (losses, optimisers, schedules), `train`, `evaluate`, `store`.
#
# ## The network
# `convnext_mini`, 13,810 parameters. The same in the network language, and by name.
#
# Exercise: copy the text, put a `residual { ... }` around a block, and count again.

# %%
network = im.named("convnext_mini")
print(im.to_text(network))
print(f"{im.walk(network, (1, 28, 28), classes=10).parameters:,} parameters")

# %% [markdown]
# ## The configuration
# Names with their arguments. TOML says the same with comments; the shipped one is
# `convnext_mini_mnist`. Checkpoints: each epoch, the newest two.

# %%
config = {
    "seed": 0,
    "engine": {"threads": 1},
    "data": {"name": NAME, "limit": 4000, "validation": 0},
    "network": {"name": "convnext_mini"},
    "recipe": {
        "epochs": 2,
        "batch": 512,
        "loss": "cross_entropy",
        "optimiser": {"name": "adam", "rate": 0.003},
    },
    "evaluation": {
        "test": "each-epoch",
        "train": "recomputed",
        "metrics": ["accuracy", "macro_f1"],
    },
    "run": {"title": "MNIST_Sample", "checkpoints": {"every": 1, "keep": 2}},
}
Path("config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")

# %% [markdown]
# An unknown name or key is refused before anything runs, with all mistakes at once:

# %%
try:
    im.load("config.json", ["recipe.optimiser=adm", "recipe.epoch=3"])
except im.UsageError as error:
    print(error)

# %% [markdown]
# ## Training
# On the command line: `imagette train config.json`. After each epoch: training figures, recomputed
# on *all* training images with weights that stand still (not on a few random batches), test
# figures, seconds. The last batch is short, and kept.
#
# Question: 60,000 images in batches of 512: how many steps an epoch, and how large is the last?


# %%
def train(experiment, **options):
    """Trains to the end, a line an epoch; returns the run's folder."""
    for event in im.train_experiment(experiment, **options):
        if text := line_of(event):
            print(text)
    return event.folder


run = train(im.load("config.json"), source=Path("config.json"))
print(run.evaluation_figures("test")["metrics"])

# %% [markdown]
# ## What is kept
# The folder is named by title and time, and nothing in it is written over: the configuration as it
# was, the network, the log, numbered checkpoints.

# %%
for path in sorted(run.path.rglob("*")):
    if path.is_file():
        print(path.relative_to(run.path))

# %% [markdown]
# ## Loaded again
# A checkpoint gives the same predictions. A missing one is an error, never new weights.

# %%
kept = run.read_evaluation("test")[1]["logits"]
im.evaluate_run(run.path, "test", open_test_set=True)
again = RunFolder.open(run.path).read_evaluation("test")[1]["logits"]
assert np.array_equal(kept, again)
try:
    im.evaluate_run("runs/MNIST_Sampel")
except im.ImagetteError as error:
    print(error)

# %% [markdown]
# ## Pre-trained weights
# Start from the last weights of a run, here with a new last layer, drawn from another seed.
# (`imagette train config.json --set seed=1 --from RUN --reset linear2`)
#
# Look at epoch 0: why is it at chance again, and why does epoch 1 beat the first run's? With the
# first run's seed it would not be at chance: try it, and say why.

# %%
tuned = train(
    im.load("config.json", ["seed=1", "recipe.epochs=1", "run.title=tuned"]),
    origin=Origin(run.path, reset=("linear2",)),
)

# %% [markdown]
# ## Data of your own
# An object with `__getitem__` and `__len__`; items are (image, label). In a configuration:
# `data.python = "mine.py:Stripes"`, with its `args`, and a `collate` if items look otherwise.
#
# Exercise: stripes of three directions. Where do your own hyper-parameters go?


# %%
class Stripes:
    """Pictures of vertical or horizontal stripes, with noise; the label is the direction."""

    class_names = ("vertical", "horizontal")

    def __init__(self, count, size=28):
        self.count, self.size = count, size

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise IndexError(index)
        chance = np.random.default_rng(index)  # the same item whenever it is asked for
        label = index % 2
        stripes = (np.indices((self.size, self.size))[1 - label] // 3) % 2 * 127
        return (stripes + chance.integers(0, 128, stripes.shape)).astype(np.uint8), label


own = im.dataset_of(Stripes(200), validation=0.2)
print(own.name, own.input_shape, len(own.train), len(own.validation), own.class_names)
im.labelled_grid(own.train.images[:10], [own.class_name(n) for n in own.train.labels[:10]]).savefig(
    "stripes.png"
)
