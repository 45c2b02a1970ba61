"""One row a named network."""

import re
import subprocess
import sys

import pytest

from imagette.errors import UsageError
from imagette.network import Dropout, entry, named, names, walk

PARAMETERS = {
    "softmax": 7_850,  # 002-07
    "ffnn": 101_770,  # 002-20
    "cnn_mnist": 5_994,  # 002-25
    "convnext_mini": 13_810,  # 004-21
    "lenet5": 61_706,
    "lenet_cifar": 62_006,  # 001-01
    "convnet_cifar": 72_954,  # 003-09
    "vgg8": 551_722,  # 000-03
    "resnet8": 78_186,
    "resnet20": 272_474,
    "seresnet20": 274_847,  # as imgclsmob publishes it, and the next
    "densenet40": 176_122,
}


def parameters(name, **arguments):
    return walk(named(name, **arguments), entry(name).input_shape, entry(name).classes).parameters


def test_every_network_has_its_row():
    assert set(names()) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_exact(name):
    assert parameters(name) == PARAMETERS[name] == entry(name).parameters


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_network_tells_its_source_and_result(name):
    assert "https://" in entry(name).source
    assert re.match(r"(Fashion-)?MNIST: |CIFAR-10: ", entry(name).result)


@pytest.mark.parametrize(  # as imgclsmob's README has them, in multiplications
    ("name", "millions"), [("seresnet20", 41.34), ("densenet40", 74.89)]
)
def test_multiplications_are_the_published_ones(name, millions):
    assert walk(named(name), (3, 32, 32)).cost.multiplications / 1e6 == pytest.approx(
        millions, rel=0.02
    )


def test_a_wider_growth_is_the_published_network():
    assert parameters("densenet40", growth=24) == 690_346


def test_lenet_cifar_doubled():  # 001-19, 001-21
    assert parameters("lenet_cifar", width=2) == 244_962
    assert parameters("lenet_cifar", conv1=12, conv2=32, linear1=240, linear2=168) == 244_962


def test_lenet_cifar_factored():  # 001-23
    factored = walk(named("lenet_cifar", factored=True), (3, 32, 32))
    assert factored.parameters == 62_832
    assert [n.output_shape for n in factored.nodes if n.function == "maxpool"] == [
        (6, 14, 14),
        (16, 5, 5),
    ]
    assert [n.function for n in factored.nodes][:5] == ["conv", "relu", "conv", "relu", "maxpool"]


@pytest.mark.parametrize("word", ["relu", "gelu", "sigmoid", "tanh"])
def test_lenet_cifar_takes_another_activation_after_every_hidden_layer(word):  # 001-26
    nodes = walk(named("lenet_cifar", activation=word), (3, 32, 32)).nodes
    assert [node.function for node in nodes if node.function not in ("conv", "linear")] == [
        *(word, "maxpool", word, "maxpool", "flatten", word, word),
    ]


@pytest.mark.parametrize(  # 000-03, 000-04, 001-25
    ("dropout", "rates"),
    [(False, []), (True, [0.2, 0.3, 0.4, 0.5]), ("increasing", [0.2, 0.3, 0.4, 0.5])],
)
def test_vgg8_with_and_without_dropout(dropout, rates):
    network = named("vgg8", dropout=dropout)
    assert [layer.rate for layer in network if isinstance(layer, Dropout)] == rates
    assert parameters("vgg8", dropout=dropout) == 551_722
    flatten = next(n for n in walk(network, (3, 32, 32)).nodes if n.function == "flatten")
    assert flatten.output_shape == (2_048,)


def test_convnext_mini_is_depthwise():  # 004-21
    nodes = walk(named("convnext_mini"), (1, 28, 28)).nodes
    depthwise = [n for n in nodes if n.hyper_parameters.get("kernel") == (7, 7)]
    assert [n.weights[0].shape for n in depthwise] == [(8, 1, 7, 7), (16, 1, 7, 7), (32, 1, 7, 7)]
    assert [n.output_shape[1] for n in depthwise] == [7, 3, 1]


@pytest.mark.parametrize(  # 004-12
    ("name", "arguments", "message"),
    [
        ("lenet_cifr", {}, "no network is called 'lenet_cifr'. Did you mean 'lenet_cifar'? "),
        (
            "lenet_cifar",
            {"conv3": 6},
            "lenet_cifar has no argument 'conv3'. Did you mean 'conv2'? "
            "Choices: activation, conv1, conv2, factored, linear1, linear2, width.",
        ),
        (
            "lenet_cifar",
            {"conv1": 0},
            "argument conv1 of lenet_cifar must be a whole number from 1. Got 0",
        ),
        (
            "lenet_cifar",
            {"factored": "no"},
            "argument factored of lenet_cifar must be true or false. Got 'no'",
        ),
        (
            "lenet_cifar",
            {"activation": "sigmoïd"},
            "argument activation of lenet_cifar cannot be 'sigmoïd'. Did you mean 'sigmoid'? "
            "Choices: gelu, relu, sigmoid, tanh.",
        ),
        (
            "vgg8",
            {"dropout": 0.2},
            "argument dropout of vgg8 must be true, false or 'increasing'. Got 0.2",
        ),
        ("ffnn", {"width": 0}, "width must be a number above 0. Got 0"),
    ],
)
def test_a_wrong_name_or_argument_gets_one_line(name, arguments, message):
    with pytest.raises(UsageError) as caught:
        named(name, **arguments)
    assert str(caught.value).startswith(message)


def test_the_package_loads_the_standard_library_alone():
    code = (
        "import sys; import imagette.network; "
        "found = {name.split('.')[0] for name in sys.modules}; "
        "print(*sorted(found - set(sys.stdlib_module_names)))"
    )
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if not name.startswith("__")] == ["imagette"]
