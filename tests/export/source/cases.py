"""Networks and recipes that are written as source: each layer, optimiser, schedule, loss once."""

from typing import Any, NamedTuple


class Case(NamedTuple):
    network: str  # a name of the catalogue, or text
    recipe: dict[str, Any]
    channels: int = 1
    side: int = 28
    width: float = 1.0


def on_layer(text: str, **recipe: Any) -> Case:
    """A small network around one layer or some."""
    around = f"conv 4 3x3 stride=2\n{text}\nmean\nlinear classes"
    return Case(around, {"optimiser": "sgd", **recipe}, side=14)


def on_recipe(first: str = "conv 4 5x5 stride=3", **recipe: Any) -> Case:
    small = f"{first}\nbatchnorm\nrelu\nflatten\nlinear 12\nrelu\nlinear classes"
    return Case(small, recipe, side=14)


SGD = {"name": "sgd", "rate": 0.05}
# Deep networks with norms over few numbers magnify rounding, the more so the larger the steps.
SMALL = {"name": "sgd", "rate": 0.002, "momentum": 0.9, "nesterov": True, "decay": 5e-4}
MOMENTUM = {"name": "sgd", "rate": 0.02, "momentum": 0.9, "nesterov": True, "decay": 5e-4}
ONE_CYCLE = {"name": "one_cycle", "start": 0.1, "peak": 0.3}

LARGE_BATCHES = {"batch": 19, "epochs": 5, "schedule": ONE_CYCLE}

NETWORKS = {
    "lenet": Case("lenet5", {"optimiser": SGD, "schedule": "steps"}),
    "cnn_mnist": Case("cnn_mnist", {"optimiser": {"name": "adam", "rate": 0.002}}),
    "convnext_mini": Case("convnext_mini", {"optimiser": "adamw", "schedule": "cosine"}),
    "vgg8": Case(
        "vgg8", {**LARGE_BATCHES, "optimiser": {**SMALL, "rate": 0.0003}}, 3, 32, width=0.25
    ),
    "resnet8": Case("resnet8", {"optimiser": SMALL}, 3, 16, width=0.25),
    "seresnet20": Case("seresnet20", {"optimiser": SMALL}, 3, 8, width=0.25),
    "densenet40": Case("densenet40", {"optimiser": SMALL}, 3, 8, width=0.25),
}
LAYERS = {
    text.replace("\n", "; "): on_layer(text)
    for text in (
        "conv 3 3x2 stride=2x1 pad=1,0,2,1 name=odd-name",
        "conv 4 3x3 pad=same stride=2 name=train",
        "conv 4 3x3 groups=2 bias=no dilation=1x2",
        "conv 8 3x3 groups=channels pad=same\nconv 3 2x2 frozen=yes",
        "maxpool 3 stride=2 pad=1,0,0,2",
        "maxpool 3 stride=1 pad=same",
        "avgpool 3 stride=2 pad=0,1,1,0",
        "avgpool 2",
        "scale initial=0.3\nsilu",
        "scale frozen=yes initial=-2.0",
        "attention heads=2\ngelu",
        "attention bias=no",
        "batchnorm epsilon=0.01 momentum=0.3\ntanh",
        "layernorm epsilon=0.001\nsigmoid",
        "gate { conv same 3x3 pad=same dilation=1 groups=channels; sigmoid }",
        "gate { mean; linear 3; relu; linear same; sigmoid }",
        "branches { { maxpool 3 stride=1 pad=1,1,1,1 } { conv 3 1x1; batchnorm; relu } { } }",
        "residual { batchnorm; relu; conv 4 3x3 pad=same name=shortcut }",
        "residual { conv 6 1x1; residual { conv 6 1x1; relu } } { conv 6 1x1; layernorm; gelu }",
        "residual { conv 6 1x1; relu } { branches { { conv 2 1x1 } { } } }",
    )
} | {
    "max": Case("conv 6 5x5\nmax\nlayernorm\nscale\nlinear classes", {}, side=14),
    "on features": Case(
        "flatten\nlinear 8 bias=no\nbatchnorm\ngate { linear same; tanh }\nlinear classes",
        {},
        side=14,
    ),
}
RECIPES = {
    "momentum": on_recipe(optimiser={"name": "sgd", "rate": 0.1, "momentum": 0.5}),
    "adam with decay": on_recipe(
        optimiser={"name": "adam", "betas": [0.8, 0.99], "epsilon": 1e-6, "decay": 0.01}
    ),
    "adamw without decay": on_recipe(optimiser={"name": "adamw", "decay": 0.0}),
    "rmsprop": on_recipe(optimiser={"name": "rmsprop", "rate": 0.001, "momentum": 0.5}),
    "muon": on_recipe(optimiser={"name": "muon", "decay": 0.01}, schedule="cosine"),
    "muon in groups": on_recipe(
        optimiser={"name": "muon", "newton_schulz": 3, "normalise": True, "rest": MOMENTUM},
        groups=[{"match": "*bias", "rate": 2.0, "decay": 0.0}, {"match": "conv1*", "rate": 0.5}],
    ),
    "groups": on_recipe(
        optimiser=MOMENTUM, groups=[{"match": "batchnorm*", "decay": 0.0, "rate": 3.0}]
    ),
    "groups and schedule": on_recipe(
        optimiser="adam", groups=[{"match": "linear2.*", "rate": 0.1}], schedule="steps"
    ),
    "warm-up": on_recipe(optimiser=SGD, schedule={"name": "constant", "warmup": 0.7}),
    "warm-up and cosine": on_recipe(
        optimiser=SGD, schedule={"name": "cosine", "warmup": 0.5, "final": 0.1}
    ),
    "warm-up and steps": on_recipe(optimiser=SGD, schedule={"name": "steps", "warmup": 0.5}),
    "smoothing": on_recipe(loss={"name": "cross_entropy", "label_smoothing": 0.1}),
    "sum": on_recipe(loss={"name": "cross_entropy", "reduction": "sum"}, optimiser="adam"),
    "class weights": on_recipe(
        loss={"name": "cross_entropy", "class_weights": [1, 2, 0.5, 1, 1, 3, 1, 1, 1, 0]}
    ),
    "mse": on_recipe(loss="mse"),
    "sum of mse": on_recipe(loss={"name": "mse", "reduction": "sum"}),
    "mse with class weights": on_recipe(
        loss={"name": "mse", "reduction": "sum", "class_weights": list(range(1, 11))}
    ),
    "nll": Case("flatten\nlinear classes\nlog_softmax", {"loss": "nll"}, side=14),
    "softmax": Case("flatten\nlinear classes\nsoftmax", {"loss": "mse"}, side=14),
    "clip": on_recipe(optimiser=SGD, clip=0.1),
    "ema": on_recipe(averaging={"name": "ema", "decay": 0.9}),
    "ema at times": on_recipe(averaging={"name": "ema", "every": 2, "warmup": False}),
    "lookahead": on_recipe(averaging={"name": "lookahead", "every": 3}, optimiser=SGD),
    "lookahead with a ramp": on_recipe(
        averaging={"name": "lookahead", "every": 2, "ramp": 3.0}, optimiser=SGD
    ),
    "all at once": on_recipe(batch="all", epochs=3, optimiser=SGD, schedule="cosine"),
}
# JAX compiles for seconds: what was tried there one by one is held together.
TOGETHER = {
    "rows of layers": on_layer(
        "conv 4 3x2 stride=2x1 pad=1,0,2,1 name=odd-name; maxpool 3 stride=1 pad=1,0,0,2\n"
        "avgpool 2 stride=1 pad=0,1,1,0; scale frozen=yes initial=-2.0; silu\n"
        "attention heads=2; gelu; layernorm epsilon=0.001; conv 8 3x3 groups=channels pad=same"
    ),
    "layers of layers": on_layer(
        "branches { { maxpool 2 stride=1 pad=0,1,0,1 } { conv 3 1x1; batchnorm; tanh } { } }\n"
        "residual { conv 6 1x1; residual { batchnorm; relu } } { conv 6 1x1 frozen=yes; gelu }\n"
        "gate { mean; linear 3; relu; linear same; sigmoid }"
    ),
    "adam, groups, mse, plateaus": on_recipe(
        optimiser={"name": "adam", "betas": [0.8, 0.99], "epsilon": 1e-6, "decay": 0.01},
        groups=[{"match": "linear2.*", "rate": 0.1, "decay": 0.0}],
        schedule="steps",
        loss={"name": "mse", "class_weights": list(range(1, 11))},
    ),
    "rmsprop, clip, smoothing, warm-up, ema": on_recipe(
        optimiser={"name": "rmsprop", "rate": 0.001, "momentum": 0.5},
        clip=0.5,
        loss={"name": "cross_entropy", "label_smoothing": 0.1},
        schedule={"name": "cosine", "warmup": 0.5, "final": 0.1},
        averaging={"name": "ema", "decay": 0.9},
    ),
    "muon on a sphere, a frozen layer, groups, sum, lookahead": on_recipe(
        "conv 4 2x2 frozen=yes\nconv 4 5x5 stride=3",
        optimiser={"name": "muon", "newton_schulz": 3, "normalise": True, "rest": MOMENTUM},
        groups=[{"match": "*bias", "rate": 2.0, "decay": 0.0}],
        loss={"name": "cross_entropy", "reduction": "sum"},
        schedule=ONE_CYCLE,
        averaging={"name": "lookahead", "every": 2, "ramp": 3.0},
    ),
}
CASES = NETWORKS | LAYERS | RECIPES | TOGETHER
# What Haiku keeps itself is written in a way of its own: layers, norms' statistics, averages.
HAIKU = {
    "layers in haiku": on_layer(
        "conv 4 3x3 pad=same stride=2 name=odd-name; maxpool 2 stride=1; batchnorm; silu\n"
        "branches { { conv 3 1x1; batchnorm; tanh } { } }; attention bias=no; layernorm\n"
        "residual { conv 6 1x1; residual { batchnorm; relu } } { conv 6 1x1; scale initial=0.3 }\n"
        "gate { mean; linear 3; relu; linear same; sigmoid }; conv 6 3x3 groups=channels pad=1",
        averaging={"name": "lookahead", "every": 2},
        schedule="cosine",
        clip=1.0,
    )
}
CASES |= HAIKU
PAIRS = [
    *((name, "torch") for name in CASES),
    *((name, "haiku") for name in HAIKU),
    *((name, "jax") for name in ("cnn_mnist", "convnext_mini", "resnet8", "nll", *TOGETHER)),
]
