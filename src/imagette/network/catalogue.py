"""The named networks: each with its source, the input it is made for and the result to expect.

To add one, write a function that returns its network under `@_listed(...)`, and a row in
`tests/network/test_catalogue.py`. The function's parameters are the network's arguments.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from imagette.errors import nearest
from imagette.network.errors import NetworkError
from imagette.network.layers import (
    GELU,
    AvgPool,
    BatchNorm,
    Block,
    Branches,
    Conv,
    Dropout,
    Flatten,
    Gate,
    Layer,
    LayerNorm,
    Linear,
    MaxPool,
    Mean,
    Network,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from imagette.network.tensors import Shape
from imagette.network.widen import widen

MNIST: Shape = (1, 28, 28)
CIFAR: Shape = (3, 32, 32)
CLASSES = 10

Make = Callable[..., Network]


@dataclass(frozen=True, slots=True)
class Entry:
    """A named network. `parameters` is the count of its default form, on `input_shape`."""

    function: Make
    input_shape: Shape
    classes: int
    parameters: int
    source: str
    result: str

    @property
    def arguments(self) -> dict[str, Any]:
        """The name and default of each argument."""
        return {name: p.default for name, p in signature(self.function).parameters.items()}


_ENTRIES: dict[str, Entry] = {}


def names() -> tuple[str, ...]:
    """The names in the catalogue, in the order of the courses.

    >>> names()[:3]
    ('softmax', 'ffnn', 'cnn_mnist')
    """
    return tuple(_ENTRIES)


def entry(name: str) -> Entry:
    """What is known of a named network; raises NetworkError on an unknown name."""
    if name not in _ENTRIES:
        raise NetworkError(f"no network is called {name!r:.60}. {nearest(name[:40], _ENTRIES)}")
    return _ENTRIES[name]


def named(name: str, /, width: float = 1, **arguments: Any) -> Network:
    """A network by its name, with its own arguments, and every hidden layer `width` times as wide.

    Raises NetworkError on an unknown name or argument, or a value that an argument cannot take.

    >>> named("lenet_cifar", conv1=12, width=2).layers[0].channels
    24
    """
    found = entry(name)
    for key, value in arguments.items():
        if key not in found.arguments:
            choices = nearest(key[:40], [*found.arguments, "width"])
            raise NetworkError(f"{name} has no argument {key!r:.60}. {choices}")
        _check_argument(name, key, value, found.arguments[key])
    network = found.function(**arguments)
    return network if width == 1 else widen(network, width)


def _check_argument(name: str, key: str, value: object, default: object) -> None:
    """Sizes and switches alone: a network that takes anything else checks it itself."""
    whole = type(default) is int and not (type(value) is int and value >= 1)
    switch = type(default) is bool and type(value) is not bool
    if whole or switch:
        rule = "a whole number from 1" if whole else "true or false"
        raise NetworkError(f"argument {key} of {name} must be {rule}. Got {value!r:.60}")


def _listed(
    input_shape: Shape, parameters: int, source: str, result: str
) -> Callable[[Make], Make]:
    def enter(make: Make) -> Make:
        _ENTRIES[make.__name__] = Entry(make, input_shape, CLASSES, parameters, source, result)
        return make

    return enter


@_listed(
    MNIST,
    7_850,
    "logistic regression: https://en.wikipedia.org/wiki/Multinomial_logistic_regression",
    "MNIST: about 92 %",
)
def softmax() -> Network:
    """Multinomial logistic regression; it returns logits, as every network here does."""
    return Sequential(Flatten(), Linear("classes"))


@_listed(
    MNIST,
    101_770,
    "one hidden layer, as in Rumelhart et al.: https://doi.org/10.1038/323533a0",
    "Fashion-MNIST: above 87 % after 10 epochs",
)
def ffnn(hidden: int = 128) -> Network:
    return Sequential(Flatten(), Linear(hidden), ReLU(), Linear("classes"))


@_listed(
    MNIST,
    5_994,
    "a small LeNet: https://en.wikipedia.org/wiki/LeNet",
    "MNIST: above 98.5 % after 5 epochs",
)
def cnn_mnist(conv1: int = 8, conv2: int = 16) -> Network:
    return Sequential(
        *(Conv(conv1, 5), ReLU(), MaxPool(2)),
        *(Conv(conv2, 5), ReLU(), MaxPool(2)),
        *(Flatten(), Linear("classes")),
    )


@_listed(
    MNIST,
    13_810,
    "a ConvNeXt without residuals, after https://arxiv.org/abs/2201.03545",
    "MNIST: about 91 % after one epoch in its source",
)
def convnext_mini() -> Network:
    """Patches, then depthwise convolutions between layer norms; nothing between its linears."""
    layers: list[Layer] = [Conv(8, 4, stride=4, bias=False), LayerNorm()]
    for width in (8, 16, 32):
        if width > 8:
            layers += [LayerNorm(), Conv(width, 2, stride=2, bias=False)]
        layers += [Conv(width, 7, padding="same", groups=width, bias=False), LayerNorm()]
        layers += [Conv(2 * width, 1, bias=False), GELU(), Conv(width, 1, bias=False)]
    return Sequential(*layers, Mean(), LayerNorm(), Linear(64), Linear("classes"))


@_listed(
    MNIST,
    61_706,
    "LeCun et al., https://doi.org/10.1109/5.726791, with full connections and plain averages",
    "MNIST: about 99 %",
)
def lenet5() -> Network:
    return Sequential(
        *(Conv(6, 5, padding=2), Tanh(), AvgPool(2)),
        *(Conv(16, 5), Tanh(), AvgPool(2)),
        *(Flatten(), Linear(120), Tanh(), Linear(84), Tanh(), Linear("classes")),
    )


@_listed(
    CIFAR,
    62_006,
    "https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html",
    "CIFAR-10: about 55 % after 2 epochs of its own recipe",
)
def lenet_cifar(
    conv1: int = 6,
    conv2: int = 16,
    linear1: int = 120,
    linear2: int = 84,
    factored: bool = False,
    activation: str = "relu",
) -> Network:
    """The PyTorch tutorial's. `factored` makes each 5x5 two 3x3, with the same cropping."""
    kernels = (3, 3) if factored else (5,)
    act = _activation("lenet_cifar", activation)
    return Sequential(
        *(layer for kernel in kernels for layer in (Conv(conv1, kernel), act)),
        MaxPool(2),
        *(layer for kernel in kernels for layer in (Conv(conv2, kernel), act)),
        MaxPool(2),
        *(Flatten(), Linear(linear1), act, Linear(linear2), act, Linear("classes")),
    )


def _activation(network: str, word: str) -> Layer:
    choices = {kind.word: kind for kind in (ReLU, GELU, Sigmoid, Tanh)}
    if str(word) not in choices:
        hint = nearest(str(word)[:40], choices)
        raise NetworkError(f"argument activation of {network} cannot be {word!r:.60}. {hint}")
    return choices[word]()


@_listed(
    CIFAR,
    72_954,
    "https://perso.ensta.fr/~manzaner/Cours/MI204/MI204-TPCNN.pdf",
    "CIFAR-10: above 60 %",
)
def convnet_cifar(
    conv1: int = 8, conv2: int = 16, linear1: int = 128, linear2: int = 128
) -> Network:
    return Sequential(
        *(Conv(conv1, 5), ReLU(), MaxPool(2)),
        *(Conv(conv2, 5), ReLU(), MaxPool(2)),
        *(Flatten(), Linear(linear1), ReLU(), Linear(linear2), ReLU(), Linear("classes")),
    )


@_listed(
    CIFAR,
    551_722,
    "the sequential CNN of a course on JAX, after VGG: https://arxiv.org/abs/1409.1556",
    "CIFAR-10: above 85 % in 10 epochs; its source: about 79 % without dropout, 83 % with",
)
def vgg8(dropout: bool | str = "increasing") -> Network:
    """Three blocks of two convolutions. Dropout is "increasing" (true means it too) or false."""
    if not isinstance(dropout, bool) and dropout != "increasing":
        raise NetworkError(
            f"argument dropout of vgg8 must be true, false or 'increasing'. Got {dropout!r:.60}"
        )

    def dropped(rate: float) -> list[Layer]:
        return [Dropout(rate)] if dropout else []

    layers: list[Layer] = []
    for width, rate in ((32, 0.2), (64, 0.3), (128, 0.4)):
        layers += [Conv(width, 3, padding="same"), ReLU(), BatchNorm()] * 2
        layers += [MaxPool(2), *dropped(rate)]
    layers += [Flatten(), Linear(128), ReLU(), BatchNorm(), *dropped(0.5)]
    return Sequential(*layers, Linear("classes"))


@_listed(
    CIFAR,
    78_186,
    "MLPerf Tiny, https://arxiv.org/abs/2106.07597; here strides pad both sides alike",
    "CIFAR-10: 85 % is the benchmark's target",
)
def resnet8() -> Network:
    """Every convolution has a bias, its projections no norm."""
    layers: list[Layer] = [Conv(16, 3, padding="same"), BatchNorm(), ReLU()]
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        shortcut = (Conv(width, 1, stride=stride),) if stride > 1 else ()
        layers += [Residual(_basic_body(width, stride, bias=True), shortcut), ReLU()]
    return Sequential(*layers, Mean(), Linear("classes"))


@_listed(
    CIFAR,
    272_474,
    "He et al., https://arxiv.org/abs/1512.03385, with 1x1 projections as in its option B",
    "CIFAR-10: 91.25 % in the paper",
)
def resnet20() -> Network:
    """Three stages of three blocks; its projections have a batch norm, no convolution a bias."""
    return _resnet20({})


@_listed(
    CIFAR,
    274_847,
    "Hu et al., https://arxiv.org/abs/1709.01507, on resnet20 as in https://github.com/osmr/imgclsmob",
    "CIFAR-10: 94.0 % in imgclsmob",
)
def seresnet20() -> Network:
    """`resnet20` whose blocks end in a squeeze-and-excitation gate, a sixteenth as wide inside."""
    return _resnet20({width: _squeeze_excite(width // 16) for width in (16, 32, 64)})


def _squeeze_excite(features: int) -> Layer:
    return Gate((Mean(), Linear(features), ReLU(), Linear("same"), Sigmoid()))


def _resnet20(gates: Mapping[int, Layer]) -> Network:
    layers: list[Layer] = [Conv(16, 3, padding="same", bias=False), BatchNorm(), ReLU()]
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        projection = (Conv(width, 1, stride=stride, bias=False), BatchNorm())
        gate = (gates[width],) if gates else ()
        body = (*_basic_body(width, stride, bias=False), *gate)
        first = Residual(body, projection if stride > 1 else ())
        later = Residual((*_basic_body(width, 1, bias=False), *gate))
        layers += [first, ReLU(), later, ReLU(), later, ReLU()]
    return Sequential(*layers, Mean(), Linear("classes"))


def _basic_body(width: int, stride: int, bias: bool) -> Block:
    return (
        *(Conv(width, 3, stride=stride, padding="same", bias=bias), BatchNorm(), ReLU()),
        *(Conv(width, 3, padding="same", bias=bias), BatchNorm()),
    )


@_listed(
    CIFAR,
    176_122,
    "Huang et al., https://arxiv.org/abs/1608.06993: DenseNet-BC of depth 40, counted as in "
    "https://github.com/osmr/imgclsmob",
    "CIFAR-10: 93.6 % in imgclsmob, with 75 million multiplications an image",
)
def densenet40(growth: int = 12) -> Network:
    """Three blocks of six units, each of which adds `growth` channels to all before it."""
    channels = 2 * growth
    layers: list[Layer] = [Conv(channels, 3, padding="same", bias=False)]
    for block in range(3):
        if block:
            channels //= 2
            layers += [*_before(1, channels), AvgPool(2)]
        layers += [Branches(((), (*_before(1, 4 * growth), *_before(3, growth))))] * 6
        channels += 6 * growth
    return Sequential(*layers, BatchNorm(), ReLU(), Mean(), Linear("classes"))


def _before(kernel: int, width: int) -> Block:
    """A convolution after its norm and activation."""
    return BatchNorm(), ReLU(), Conv(width, kernel, padding="same", bias=False)
