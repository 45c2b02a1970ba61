# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # 002: an introduction to deep learning with PyTorch
#
# Softmax regression, a feed-forward network and a CNN on MNIST, then on Fashion-MNIST. Models and
# optimisers are PyTorch's own here; `fit` trains them and keeps each training in a run's folder.
#
# Data: MNIST and Fashion-MNIST, fetched once, 4,000 images of each.
# `IMAGETTE_LESSON_DATA=fashion-sample` takes the pictures that come with imagette for both.

# %%
import os
from copy import deepcopy

import torch
from torch import nn, optim

import imagette as im
from imagette.data.dataset import open_test
from imagette.evaluate.losses import probabilities
from imagette.evaluate.mistakes import mistakes
from imagette.evaluate.predictions import Predictions
from imagette.report.comparison import comparison_figure
from imagette.run.lines import line_of
from imagette.store.ledger import Ledger

NAME = os.environ.get("IMAGETTE_LESSON_DATA", "mnist")
FASHION = os.environ.get("IMAGETTE_LESSON_DATA", "fashion-mnist")
LIMIT, EPOCHS = 4000, 8  # the source: all 60,000, and 100 or 200

# %% [markdown]
# ## Loading
# This course trains on all training images and looks at the test accuracy after each epoch. The
# test images lie in a file of their own; to put them through a network is an opening, on record.

# %%
spec = im.DataSpec(name=NAME, validation=0, limit=LIMIT)
data = im.open_data(spec)
test = open_test(spec, Ledger(None, "", "lesson 002", purpose="each-epoch"))
image, label = data.train[0]
print(type(image), image.dtype, image.shape, type(label), label)
some = data.train[:20]
names = [data.class_name(label) for label in some.labels]
im.labelled_grid(some.images, names).savefig("pictures.png")

# %% [markdown]
# As floats [channels, height, width] from 0 (background) to 1 (ink): pixel / 255. `fit` shows a
# model the same. Resizing and cropping have names: `resized`, `cropped`.

# %%
x_test = torch.from_numpy(test.floats())
print(data.floats().shape, x_test.shape, float(x_test.min()), float(x_test.max()))

# %% [markdown]
# ## Exploring
# The share of each class, in both halves. Question: what would an accuracy of 90 % mean if nine
# images of ten were of one class?

# %%
survey = im.survey_of(spec)
print(survey.frame())
print("imbalanced:", survey.imbalanced or "none")

# %% [markdown]
# ## Softmax regression
# One linear layer gives a score (logit) to each class. The model has *no* softmax: cross-entropy
# has its own, and a second one before it makes learning slow. Probabilities come after, to read.
#
# The first weights are saved as a copy. `state_dict()` alone holds the tensors themselves, which
# training changes: the "saved" weights would move along.

# %%
torch.manual_seed(0)  # first weights are drawn: the seed makes them the same again
model_linear = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
state_init = deepcopy(model_linear.state_dict())
for name, weights in model_linear.named_parameters():
    print(name, tuple(weights.shape), weights.numel())
with torch.no_grad():
    print(probabilities(model_linear(x_test[:1]).numpy()).sum())

# %% [markdown]
# ## Full-gradient descent
# An iteration is a step on the gradient of all images. The source takes 10, then 200; a few of the
# shipped experiment are enough here.
#
# The loss here is the mean over images. The formula of the source is the sum: the same minimum, and
# a gradient as many times larger as there are images. Question: which rate would the sum need?

# %%
short = [f"data.name={NAME}", f"data.limit={LIMIT}", "engine.threads=1", f"recipe.epochs={EPOCHS}"]
for event in im.train_experiment(im.load("softmax_mnist", short)):
    if text := line_of(event):
        print(text)
full_gradient = event.folder

# %% [markdown]
# ## Mini-batches: SGD against Adam
# The function `training` that you write in the source: shuffle, walk through blocks of 512, update;
# after each epoch the accuracy on all of train and test, recomputed. Here it is `fit`.
#
# Both start from the same first weights, each with an optimiser of its own: an optimiser remembers,
# so one that has been used would not start afresh.


# %%
def trained(model, optimiser, title, data=data, test=test):
    fitted = im.fit(
        model, data, optimiser, epochs=EPOCHS, batch=512, test=test, title=title, seed=0
    )
    last = fitted.history[-1]
    print(f"{title}: train {last['train_accuracy']:.1%}, test {last['test_accuracy']:.1%}")
    return fitted


model_linear.load_state_dict(state_init)
sgd = trained(model_linear, optim.SGD(model_linear.parameters(), lr=0.005), "SGD .005")
model_linear.load_state_dict(state_init)
adam = trained(model_linear, optim.Adam(model_linear.parameters()), "Adam")
assert sgd.history[0] == adam.history[0]

# %% [markdown]
# One figure for all three. Look at the last epoch: as many epochs, and how many steps each?

# %%
compared = im.compare_runs([full_gradient.path, sgd.folder.path, adam.folder.path])
comparison_figure(compared.curves, "test", "softmax regression").savefig("optimisers.png")

# %% [markdown]
# A last batch that is not full is not lost. With batches of 64, 60,000 images are 938, the last of
# 32. How many for these?

# %%
whole, rest = divmod(len(data.train), 64)
print(f"{whole + (rest > 0)} batches of 64, the last of {rest or 64} images")
print(im.prepare(im.load("cnn_mnist", [*short, "data.validation=0"])).planner.steps_per_epoch)

# %% [markdown]
# ## A hidden layer
# 784-128-10 with ReLU. How many parameters has it? That is the dimension of the space in which the
# optimiser searches. The table counts them, as torchinfo does, and the operations too.

# %%
for node in im.walk(im.named("ffnn"), (1, 28, 28), classes=10).nodes:
    print(f"{node.path:<9} {node.output_shape!s:<12} {node.parameters:>8,} {node.cost.total:>8,}")


def feed_forward():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


model_ffnn = feed_forward()
ffnn = trained(model_ffnn, optim.Adam(model_ffnn.parameters()), "FFNN")

# %% [markdown]
# ## Misclassified images
# How many, and which: the surest mistakes first. Look at `mistakes.png`: would you have known?

# %%
model_ffnn.eval()
with torch.no_grad():
    predictions = Predictions(model_ffnn(x_test).numpy(), test.labels)
print(f"{ffnn.evaluation.num_misclassified} of {ffnn.evaluation.n:,} are misclassified")
worst = mistakes(predictions, most=10)
labels = [f"{data.class_name(m.true)[:6]}>{data.class_name(m.predicted)[:6]}" for m in worst]
im.labelled_grid(test.images[[m.index for m in worst]], labels).savefig("mistakes.png")


# %% [markdown]
# ## A convolutional network
# 8 kernels 5x5, ReLU, pooling, 16 kernels, ReLU, pooling, one linear layer: 5,994 parameters.
# After so few steps it may still be behind. Question: with a seventeenth of the parameters of the
# network before, how can it overtake it?


# %%
def cnn():
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 10)),
    )


model_cnn = cnn()
trained(model_cnn, optim.Adam(model_cnn.parameters()), "CNN")
parameters = sum(weights.numel() for weights in model_cnn.parameters())
assert parameters == im.walk(im.named("cnn_mnist"), (1, 28, 28), classes=10).parameters
print(f"{parameters:,} parameters")

# %% [markdown]
# ## Another set: Fashion-MNIST
# Only the name changes. (Both networks on both sets, three seeds each: `imagette sweep ffnn_cnn`.)
#
# Exercise: one seed each is little. Which of the differences would you believe?

# %%
fashion_spec = im.DataSpec(name=FASHION, validation=0, limit=LIMIT)
fashion = im.open_data(fashion_spec)
fashion_test = open_test(fashion_spec, Ledger(None, "", "lesson 002", purpose="each-epoch"))
print(fashion.class_names)
for model, title in ((feed_forward(), "FFNN on clothes"), (cnn(), "CNN on clothes")):
    trained(model, optim.Adam(model.parameters()), title, fashion, fashion_test)

# %% [markdown]
# ## Elsewhere than on the processor
# An experiment says `engine.device = "cuda"` (or `"mps"`); what is absent falls back to the
# processor, and says so. `imagette doctor` tells what this machine has.
