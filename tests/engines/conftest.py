"""What tests of both engines share: how to build on either, and one row for each of their parts."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from imagette.data.affine import Affine
from imagette.data.augment import AlternatingFlip, Cutout, Flip, Shift
from imagette.data.mixing import CutMix, Mixup
from imagette.data.preprocess import Preprocess
from imagette.data.trivial import Trivial
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, moving_of, weights_of
from imagette.engines.with_jax.backend import begin
from imagette.network import parse, walk
from imagette.recipe.losses import MSE, NLL, CrossEntropy
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build, engine_of
from imagette.run.parity_report import error_of
from imagette.train.plan import Planner

ENGINES = ("torch", "jax")

LAYERS = [
    "conv 3 3x3",
    "conv 3 3x2 stride=2x1 pad=1,0,2,1",
    "conv 3 3x3 pad=same stride=2",
    "conv 4 3x3 groups=2 bias=no",
    "conv 4 3x3 groups=4 pad=same",
    "conv 3 2x2 dilation=2",
    "conv 3 3x3 frozen=yes",
    "flatten\nlinear 5",
    "maxpool 2",
    "maxpool 3 stride=2 pad=1,0,0,2",
    "avgpool 2",
    "avgpool 3 stride=2 pad=1",
    "mean",
    "max",
    "scale initial=0.3",
    "scale frozen=yes initial=-2.0",
    "flatten\nscale",
    "attention heads=2",
    "attention bias=no",
    "silu",
    "conv 8 3x3 groups=channels",
    "gate { mean; linear 3; relu; linear same; sigmoid }",
    "gate { conv same 3x3 pad=same dilation=2 groups=channels; sigmoid }",
    "flatten\ngate { linear same; tanh }",
    "batchnorm epsilon=0.01",
    "flatten\nbatchnorm",
    "layernorm epsilon=0.001",
    "flatten\nlayernorm",
    "dropout 0.5",
    "relu",
    "gelu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    "flatten",
    "residual { conv 4 3x3 pad=same }",
    "residual { conv 3 3x3 } { conv 3 3x3 }",
    "branches { { conv 2 1x1 } { } }",
]

AUGMENTATIONS = [
    Flip(),
    Flip(share=0.0),
    Flip(share=1.0),
    AlternatingFlip(),
    Shift(pixels=3),
    Shift(pixels=4, edge="reflect"),
    Affine(),
    Affine(turn=180, zoom=0.9, shear=0.9, move=40),
    Cutout(size=5, fill=7),
    Cutout(size=20),
    Mixup(),
    Mixup(alpha=0.2, share=0.0),
    CutMix(),
    CutMix(alpha=8.0),
    Trivial(),
]

LOSSES = [
    kind(reduction=reduction, **options)
    for kind, options in (
        (CrossEntropy, {}),
        (CrossEntropy, {"label_smoothing": 0.1}),
        (MSE, {}),
        (NLL, {}),
        (CrossEntropy, {"label_smoothing": 0.1, "class_weights": (0.5, 0.0, 3.0)}),
        (MSE, {"class_weights": (0.5, 2.0, 3.0)}),
        (NLL, {"class_weights": (0.5, 2.0, 3.0)}),
    )
    for reduction in ("mean", "sum")
]

OPTIMISERS = [
    {"name": "sgd", "rate": 0.1},
    {"name": "sgd", "rate": 0.1, "decay": 0.1},
    {"name": "sgd", "rate": 0.05, "momentum": 0.9},
    {"name": "sgd", "rate": 0.05, "momentum": 0.9, "nesterov": True, "decay": 0.01},
    {"name": "adam"},
    {"name": "adam", "decay": 0.1, "betas": (0.8, 0.9), "epsilon": 0.01},
    {"name": "adamw", "decay": 0.1},
    {"name": "rmsprop", "smoothing": 0.9, "epsilon": 0.01},
    {"name": "rmsprop", "momentum": 0.5, "decay": 0.1},
    {"name": "muon"},
    {"name": "muon", "newton_schulz": 3, "normalise": True},
    {"name": "muon", "nesterov": False, "decay": 0.1, "rest": {"name": "sgd", "momentum": 0.9}},
]


# What a recipe may say of its steps beside the optimiser: each switchable alone.
STEPS = {
    "Muon and the rest": {"optimiser": {"name": "muon", "rest": {"name": "sgd", "momentum": 0.9}}},
    "Muon with groups": {
        "optimiser": {"name": "muon", "decay": 0.1},
        "groups": [{"match": "conv*", "rate": 0.5, "decay": 0.2}, {"match": "*.bias", "rate": 2.0}],
    },
    "a clipped gradient": {"clip": 0.1},
    "three parts of a batch": {"accumulate": 3},
    "parts of a clipped, summed loss of mixed images": {
        "accumulate": 4,
        "clip": 1.0,
        "loss": {"name": "cross_entropy", "reduction": "sum"},
        "augment": ["mixup"],
    },
    "a rate of some weights": {"groups": [{"match": "*batchnorm*.bias", "rate": 64.0}]},
    "a decay of some weights": {
        "optimiser": {"name": "adamw", "decay": 0.3},
        "groups": [{"match": "*.bias", "decay": 0.0}, {"match": "conv*", "rate": 0.5}],
    },
    "averages": {"averaging": "ema"},
    "averages of some steps": {"averaging": {"name": "ema", "decay": 0.9, "every": 3}},
    "plain averages": {"averaging": {"name": "ema", "decay": 0.8, "warmup": False}},
    "slow weights": {"averaging": {"name": "lookahead", "every": 3}},
    "slow weights, ramped": {
        "averaging": {"name": "lookahead", "every": 2, "share": 0.2, "ramp": 3.0}
    },
}


@pytest.fixture(autouse=True, scope="session")
def jax_begun(own_folders):
    """No test starts JAX before it has been told its flags."""
    begin(1)


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture(params=LAYERS)
def layer_text(request):
    return request.param


@pytest.fixture(params=LOSSES, ids=repr)
def loss_spec(request):
    return request.param


@pytest.fixture(params=AUGMENTATIONS, ids=repr)
def augmentation(request):
    return request.param


@pytest.fixture
def augmentations():
    return AUGMENTATIONS


@pytest.fixture
def losses():
    return LOSSES


@pytest.fixture
def optimisers():
    return OPTIMISERS


@pytest.fixture(params=OPTIMISERS, ids=lambda spec: " ".join(map(str, spec.values())))
def optimiser(request):
    return request.param


@pytest.fixture(params=STEPS)
def step_recipe(request):
    return STEPS[request.param]


def layer_alone(text, shape):
    """The graph of `text` without the linear layer that a network needs after it."""
    flat = "flatten" in text or text in ("mean", "max")
    graph = walk(parse(f"{text}\n{'' if flat else 'flatten'}\nlinear classes"), shape, 3)
    return replace(graph, nodes=graph.nodes[: -1 if flat else -2])


@pytest.fixture(name="layer_alone")
def _layer_alone():
    return layer_alone


@pytest.fixture
def lowered_layers():
    """The kinds of layer that the rows hold."""
    return {type(node.layer) for text in LAYERS for node in layer_alone(text, (4, 6, 5)).nodes}


@dataclass(frozen=True)
class Case:
    """A network with data and a recipe, ready to be taken by either engine."""

    graph: object
    images: np.ndarray
    labels: np.ndarray
    recipe: Recipe
    preprocess: Preprocess

    @property
    def first(self):
        return first_weights(self.graph, self.recipe)

    @property
    def nudged(self):
        """Every first weight at the next float32 above."""
        return {n: np.nextafter(x, np.float32(np.inf)) for n, x in self.first.items()}

    @property
    def planner(self):
        return Planner(self.graph, self.recipe, 0, len(self.images))

    def on(self, engine, threads=1):
        spec = EngineSpec(name=engine, device="cpu", threads=threads)
        model = build(self.graph, self.recipe, self.preprocess, spec)
        model.place(self.images, self.labels)
        return model

    def plans(self, epochs=None):
        epochs = epochs or range(1, self.recipe.epochs + 1)
        return [plan for epoch in epochs for plan in self.planner.epoch(epoch)]

    def advanced(self, model, state, epochs=None):
        """(state, losses, numbers of correct images) after whole epochs."""
        losses, correct = [], []
        for plan in self.plans(epochs):
            state, found, right = model.advance(state, plan)
            losses += found.tolist()
            correct += right.tolist()
        return state, losses, correct


@pytest.fixture
def case():
    """Makes a case of a network's text, or of a graph, on random pictures."""

    def make(network, shape=(2, 8, 8), classes=3, num_images=50, **recipe):
        graph = walk(parse(network), shape, classes) if isinstance(network, str) else network
        channels, height, width = graph.input_shape
        generator = np.random.default_rng(0)
        size = (num_images, height, width, channels)
        return Case(
            graph=graph,
            images=generator.integers(0, 256, size).astype(np.uint8),
            labels=generator.integers(0, graph.classes, num_images).astype(np.int32),
            recipe=Recipe(**{"batch": 10, "epochs": 2, **recipe}),
            preprocess=Preprocess((0.5,) * channels, (0.25,) * channels),
        )

    return make


def assert_close(a, b, limit):
    """Names, shapes and values of two sets of arrays."""
    assert {name: x.shape for name, x in a.items()} == {name: x.shape for name, x in b.items()}
    errors = {name: error_of(a[name], b[name]) for name in b}
    assert {name: error for name, error in errors.items() if not error <= limit} == {}


@pytest.fixture(name="assert_close")
def _assert_close():
    return assert_close


@pytest.fixture
def both():
    """The models of both engines for a case: torch, then JAX."""
    return lambda case: [case.on(engine) for engine in ENGINES]


@pytest.fixture
def agree():
    """Asserts that both engines compute a case alike: what is stated in CONTRACTS, "Engines".

    A network may magnify rounding beyond those limits, a batch norm over few numbers above all.
    Then the limit is ten times what moving every weight to the next float32 does to torch alone.
    """

    def check(case, every_node=True):
        torch, jax = (case.on(engine) for engine in ENGINES)
        logits_agree(case, torch, jax, case.first, every_node)
        expected = step_gradients(case, torch, case.first)
        nudged = step_gradients(case, torch, case.nudged)
        limit = max(1e-4, 10 * max(error_of(nudged[n], g) for n, g in expected.items()))
        assert_close(step_gradients(case, jax, case.first), expected, limit)
        state, losses, right = case.advanced(torch, torch.start(case.first))
        other_state, other_losses, other_right = case.advanced(jax, jax.start(case.first))
        moved = case.advanced(torch, torch.start(case.nudged))[1]
        tolerance = max(1e-3, 10 * np.abs(np.array(moved) / losses - 1).max())
        np.testing.assert_allclose(other_losses, losses, rtol=tolerance)
        assert tolerance > 1e-3 or other_right == right
        saved, other = torch.save(state), jax.save(other_state)
        assert {n: x.shape for n, x in saved.items()} == {n: x.shape for n, x in other.items()}
        logits_agree(case, torch, jax, weights_of(saved), every_node)
        return saved, other

    return check


def logits_agree(case, torch, jax, weights, every_node):
    if every_node:
        paths = [node.path for node in case.graph.nodes]
        outputs = [m.activations(weights, case.images[:7], paths) for m in (jax, torch)]
        assert_close(*outputs, 1e-5)
    logits = [model.predict(weights, case.images, 20) for model in (jax, torch)]
    assert error_of(*logits) < 1e-5


def step_gradients(case, model, first):
    """What one step of a rate takes from the weights, over that rate; of plain SGD the gradient."""
    rate = np.float32(2**12)
    plan = case.plans()[0].head(1)
    plan = replace(plan, rates=np.full_like(plan.rates, rate), averaging=np.zeros(1, np.float32))
    moved = moving_of(model.save(model.advance(model.start(first), plan)[0]))
    return {
        w.name: (first[w.name] - moved[w.name]) / rate for w in case.graph.weights if w.trainable
    }


@pytest.fixture
def lowerings():
    """The tables of an engine, by the name of its module."""

    def find(engine, module, table):
        from importlib import import_module

        engine_of(engine)
        return getattr(import_module(f"imagette.engines.with_{engine}.{module}"), table)

    return find
