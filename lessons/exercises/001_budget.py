# ---
# jupytext:
#   formats: ipynb,py:percent
# ---

# %% [markdown]
# # Exercise to 001: a network of your own within the budget
#
# Design a network of at most 250,000 parameters with dropout that increases from layer to layer,
# choose how its training images are augmented, and beat 78 % on validation images after four
# epochs of few images. After each part stands a check, which says in one line what is wrong. Copy
# `lessons/exercises/001_budget.py` to a folder of your own and fill its gaps;
# `solutions/001_budget.py` beside it is complete: one answer of many.
#
# Data: 2,500 of the Fashion-MNIST pictures that come with imagette. It takes some seconds.

# %%
import imagette as im
from imagette.experiment import check
from imagette.run.lines import line_of

BUDGET, ACCURACY = 250_000, 0.78

# %% [markdown]
# ## The network
# One line a layer (`docs/network.md`); sizes of inputs are inferred. `dropout 0.1` leaves out a
# tenth of what reaches it, in training alone. Where do most parameters sit?


# %%
def network_text():
    """The network, in the language of imagette."""
    raise NotImplementedError("a network of at most 250,000 parameters, as a text")


# %%
text = network_text()
assert text is not None, "network_text() gives nothing: is there a return?"
assert isinstance(text, str), f"network_text() gives {text!r}, which is no text"
graph = im.walk(im.parse(text), (1, 28, 28), classes=10)
print(f"{graph.parameters:,} parameters")
assert graph.parameters <= BUDGET, f"{graph.parameters:,} parameters are more than {BUDGET:,}"
rates = [node.layer.rate for node in graph.nodes if isinstance(node.layer, im.Dropout)]
assert len(rates) > 1, f"dropout increases from one layer to the next: write two, not {len(rates)}"
assert min(rates) > 0, "a dropout of 0 leaves nothing out: give each a rate above 0"
assert rates == sorted(set(rates)), f"each dropout has a higher rate than the one before: {rates}"

# %% [markdown]
# ## The augmentation
# A list, such as `["flip"]` or `[{"name": "shift", "pixels": 2}]` (`docs/experiment.md`). Which
# changes leave a shirt a shirt? Those of a digit would be others.


# %%
def augmentation():
    """What happens to training images, and to them alone."""
    raise NotImplementedError("a list of one augmentation or more")


# %%
augment = augmentation()
assert isinstance(augment, list), f"augmentation() gives {augment!r}, which is no list"
assert augment, "augmentation() gives an empty list: name one at least"
check({"recipe": {"augment": augment}}, "this exercise")

# %% [markdown]
# ## Four epochs
# The test images stay shut: you choose by the validation images.


# %%
def train(text, augment, title):
    """The share of validation images that are right after four epochs."""
    values = {
        "engine": {"threads": 1},
        "data": {"name": "fashion-sample", "limit": 2500},
        "network": {"text": text},
        "recipe": {
            "epochs": 4,
            "batch": 32,
            "optimiser": {"name": "adam", "rate": 0.003},
            "schedule": "cosine",
            "augment": augment,
        },
        "run": {"title": title},
    }
    for event in im.train_experiment(check(values, "this exercise")):
        if told := line_of(event):
            print(told)
    return event.folder.history()[-1]["validation_accuracy"]


print("loss and accuracy of each epoch: train | validation")
reached = train(text, augment, "my-network")
assert reached > ACCURACY, f"{reached:.1%} on validation is not above {ACCURACY:.0%}: change a part"

# %% [markdown]
# Question: `train(text, [], "unmoved")` has no augmentation; write a text without dropout too. Do
# they help in so few epochs? In how many might they?
