"""Every mistake: one line with the place, the layer as written, the shape, the rule, the remedy."""

import pytest

from imagette.errors import UsageError
from imagette.network import (
    Branches,
    Conv,
    Dropout,
    Flatten,
    Linear,
    MaxPool,
    Network,
    NetworkError,
    ReLU,
    Residual,
    Sequential,
    from_dicts,
    parse,
    walk,
)
from imagette.network.layers import Add

LAYERS = (
    "attention, avgpool, batchnorm, branches, conv, dropout, flatten, gate, gelu, layernorm, "
    "linear, log_softmax, max, maxpool, mean, relu, residual, scale, sigmoid, silu, softmax, tanh"
)

TEXTS = {  # 001-20
    "conv 6 5x5\nmaxpool 2\nconv 6 15x15": (
        "line 3, 'conv 6 15x15', given 6x14x14: the 15x15 kernel is larger than its input, 14x14; "
        "take a smaller kernel, pad it, or drop a stride or pooling before it"
    ),
    "conv 6 3x3 dilation=20 pad=1": (
        "line 1, 'conv 6 3x3 dilation=20 pad=1', given 3x32x32: the 3x3 kernel spans 41x41 and is "
        "larger than its input, 32x32, 34x34 with padding; "
        "take a smaller kernel, pad it, or drop a stride or pooling before it"
    ),
    "conv 16 5x5; maxpool 2\n  linear 120": (
        "line 2, 'linear 120', given 16x14x14: linear takes features in a row, not a picture "
        "16x14x14; write flatten before it (3,136 features), or mean (16)"
    ),
    "flatten; conv 6 5x5": (
        "line 1, 'conv 6 5x5', given 3072: conv takes a picture [C,H,W], not 3072 features in a "
        "row; put it before flatten, mean and linear"
    ),
    "covn 6 5x5": (
        f"line 1, 'covn 6 5x5': no layer is called 'covn'. Did you mean 'conv'? Choices: {LAYERS}."
    ),
    "ReLU": f"line 1, 'ReLU': no layer is called 'ReLU'. Did you mean 'relu'? Choices: {LAYERS}.",
    "conv 6 5x5\tstrid=2": (
        "line 1, 'conv 6 5x5\\tstrid=2': conv has no option 'strid'. Did you mean 'stride'? "
        "Choices: bias, dilation, frozen, groups, name, pad, stride."
    ),
    "conv 6 5x5 pad=1 pad=2": "line 1, 'conv 6 5x5 pad=1 pad=2': pad is given twice; keep one",
    "conv 6": (
        "line 1, 'conv 6': conv takes channels and kernel. Got '6'; options are written key=value"
    ),
    "conv six 5x5": (
        "line 1, 'conv six 5x5': channels must be a whole number from 1, or the word classes or "
        "same. Got 'six'"
    ),
    "conv 6 5x5 bias=maybe": (
        "line 1, 'conv 6 5x5 bias=maybe': bias must be yes or no. Got 'maybe'"
    ),
    "conv -3 5x5": (
        "line 1, 'conv -3 5x5', given 3x32x32: channels must be a whole number from 1, "
        "or the word classes or same. Got -3"
    ),
    "conv 6 0": (
        "line 1, 'conv 6 0', given 3x32x32: kernel must be one or two whole numbers "
        "from 1 to 65,536, such as 3x3. Got (0, 0)"
    ),
    "dropout 1": (
        "line 1, 'dropout 1', given 3x32x32: rate must be a number from 0 to below 1. Got 1.0"
    ),
    "conv 1000000000 3x3": (
        "line 1, 'conv 1000000000 3x3', given 3x32x32: conv1.weight 1000000000x3x3x3 would hold "
        "27,000,000,000 numbers, at most 2,147,483,648 are allowed; "
        "take fewer channels or features"
    ),
    "conv 100000 1x1 pad=9000": (
        "line 1, 'conv 100000 1x1 pad=9000', given 3x32x32: its output 100000x18032x18032 would "
        "hold 32,515,302,400,000 numbers, at most 2,147,483,648 are allowed; "
        "take fewer channels, less padding or larger strides"
    ),
    "conv 6 3x3 groups=2": (
        "line 1, 'conv 6 3x3 groups=2', given 3x32x32: groups must divide the input's channels, "
        "3. Got 2; take groups=1"
    ),
    "conv 12 1x1; conv 9 3x3 groups=4": (
        "line 1, 'conv 9 3x3 groups=4', given 12x32x32: groups must divide its own channels, 9. "
        "Got 4; take groups=3"
    ),
    "conv 6 4x4 pad=same": (
        "line 1, 'conv 6 4x4 pad=same', given 3x32x32: pad=same needs an odd kernel. Got 4x4; "
        "take an odd one, or write pad=top,bottom,left,right"
    ),
    "maxpool 2 pad=2": (
        "line 1, 'maxpool 2 pad=2', given 3x32x32: pad must be smaller than the kernel 2x2, or a "
        "window would see no pixel. Got (2, 2, 2, 2); take pad=same or less"
    ),
    "relu name=a\nrelu name=a": (
        "line 2, 'relu name=a', given 3x32x32: two layers are called 'a'; give one another name="
    ),
    "relu name=relu2; relu": (
        "line 1, 'relu', given 3x32x32: two layers are called 'relu2'; give one another name="
    ),
    "conv 6 5x5": (
        "line 1, 'conv 6 5x5', given 3x32x32: the network ends in 6x28x28, not in one number for "
        "each of 10 classes; end it with flatten (or mean) and linear classes"
    ),
    "flatten\nlinear 12": (
        "line 2, 'linear 12', given 3072: the network ends in 12, not in one number for each of "
        "10 classes; end it with linear classes"
    ),
    "\nresidual {\n conv 6 3x3 pad=same\n}": (
        "line 2, 'residual', given 6x32x32 and 3x32x32: the body ends in 6x32x32 and the shortcut "
        "in 3x32x32, but they are added; give them the same channels, strides and padding, "
        "if need be by a shortcut such as { conv 32 1x1 stride=2 }"
    ),
    "branches { { conv 6 3x3 } { conv 6 1x1 } }": (
        "line 1, 'branches', given 6x30x30 and 6x32x32: the branches end in different heights and "
        "widths: 6x30x30, 6x32x32; give each the same strides, and pad=same to its kernels"
    ),
    "residual { relu }\nresidual {\n relu\n": "line 2: this { is never closed; add its }",
    "relu\n}": "line 2: this } closes nothing; remove it, or open its { before",
    "relu {\n}": "line 1: this { belongs to no layer; write residual, branches or gate before it",
    "residual { relu } relu": "line 1: after }, 'relu' must start a new line, or follow ;",
    "residual\nrelu": "line 1, 'residual': its layers are missing; write residual { ... }",
    "residual { }": (
        "line 1, 'residual': the body of a residual is empty; write at least one layer in it"
    ),
    "branches { relu }": (
        "line 1: each branch stands in its own braces: branches { { ... } { ... } }"
    ),
    "branches { { relu } }": (
        "line 1, 'branches': branches joins at least two blocks. Got 1; "
        "write branches { { ... } { ... } }"
    ),
    "gate { }": "line 1, 'gate': the body of a gate is empty; write at least one layer in it",
    "gate { mean } { relu }": (
        "line 1: this { belongs to no layer; write residual, branches or gate before it"
    ),
    "gate": "line 1, 'gate': its layers are missing; write gate { ... }",
    "conv 8 1x1; gate { mean; linear 4 }": (
        "line 1, 'gate', given 4 and 8x32x32: the body ends in 4, but a gate takes one factor a "
        "channel of what entered, 8, or one an element, 8x32x32; end it with linear same, or with "
        "conv same 1x1"
    ),
    "flatten; gate { linear 4 }": (
        "line 1, 'gate', given 4 and 3072: the body ends in 4, but a gate takes one factor a "
        "channel of what entered, 3072; end it with linear same, or with conv same 1x1"
    ),
    "conv same 1x1": (
        "line 1, 'conv same 1x1', given 3x32x32: the word same stands for the channels that enter "
        "the gate or residual around it, and there is none; write a number"
    ),
    "conv 6 3x3 groups=all": (
        "line 1, 'conv 6 3x3 groups=all': groups must be a whole number from 1, or the word "
        "channels. Got 'all'"
    ),
    "conv 7 3x3 groups=channels": (
        "line 1, 'conv 7 3x3 groups=channels', given 3x32x32: groups must divide its own channels, "
        "7. Got 3; take groups=1"
    ),
    "conv 6 1x1; attention heads=4": (
        "line 1, 'attention heads=4', given 6x32x32: heads must divide the input's channels, 6. "
        "Got 4; take heads=3"
    ),
    "flatten; attention": (
        "line 1, 'attention', given 3072: attention takes a picture [C,H,W], not 3072 features in "
        "a row; put it before flatten, mean and linear"
    ),
    "flatten; max": (
        "line 1, 'max', given 3072: max takes a picture [C,H,W], not 3072 features in a row; "
        "put it before flatten, mean and linear"
    ),
    "scale initial=big": "line 1, 'scale initial=big': initial must be a finite number. Got 'big'",
    "# nothing\n;": "the network is empty; write at least one layer, such as linear classes",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_wrong_text_gets_one_line(text):
    with pytest.raises(NetworkError) as caught:
        walk(parse(text), (3, 32, 32))
    assert str(caught.value) == TEXTS[text]


PYTHON = {
    "conv1, 'conv 6 33x33', given 3x32x32: the 33x33 kernel is larger": [Conv(6, 33)],
    "conv1, 'conv None 5x5', given 3x32x32: channels must be a whole": [Conv(None, 5)],
    "conv1, 'conv 6 None', given 3x32x32: kernel must be one or two": [Conv(6, None)],
    "conv1, 'conv True 5x5', given 3x32x32: channels must be a whole": [Conv(True, 5)],
    "conv1, 'conv 6 5x5 bias=0', given 3x32x32: bias must be yes or no. Got 0": [
        Conv(6, 5, bias=0)
    ],
    "residual1.conv2, 'conv 6 9x9', given 6x8x8: the 9x9 kernel is larger": [
        Residual((Conv(6, 25), Conv(6, 9)))
    ],
    "dropout1, 'dropout nan', given 3x32x32: rate must be a number": [Dropout(float("nan"))],
    "a b, 'relu name=a b', given 3x32x32: name must be a letter": [ReLU(name="a b")],
    "maxpool1, 'maxpool (2, 2, 2)', given 3x32x32: kernel must be": [MaxPool((2, 2, 2))],
}


@pytest.mark.parametrize("message", PYTHON)
def test_a_network_made_in_python_is_told_its_path(message):
    with pytest.raises(NetworkError) as caught:
        walk(Sequential(*PYTHON[message], Flatten(), Linear("classes")), (3, 32, 32))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("layers", [("relu",), 3, (Add(),), (Conv,), [[ReLU()]]])
def test_a_network_is_made_of_layers(layers):
    with pytest.raises(NetworkError, match=r"^a network is made of layers such as Conv\(6, 5\)"):
        Network(layers)
    with pytest.raises(NetworkError, match=r"^a network is made of layers such as Conv\(6, 5\)"):
        Branches((layers, ()))


@pytest.mark.parametrize("shape", [(), (28, 28), (0, 28, 28), (1, 28, 28.0), (1, 1, 28, 28)])
def test_the_input_is_a_picture_of_whole_sizes(shape):  # 004-T1
    with pytest.raises(NetworkError, match=r"^the input must be \(C, H, W\), whole numbers from 1"):
        walk(parse("flatten; linear classes"), shape)


@pytest.mark.parametrize("classes", [0, -1, 2.0, 10**9])
def test_the_number_of_classes_is_bounded(classes):
    with pytest.raises(NetworkError, match=r"^the number of classes must be"):
        walk(parse("flatten; linear classes"), (1, 28, 28), classes)


DICTIONARIES = {  # 004-12
    "layers must be a list of layers. Got {}": {},
    'layers[0] must be a dictionary such as {"layer": "conv", "channels": 6, "kernel": 5}. '
    "Got 'relu'": ["relu"],
    f"layers[1]: no layer is called 'rleu'. Did you mean 'relu'? Choices: {LAYERS}.": [
        {"layer": "relu"},
        {"layer": "rleu"},
    ],
    "layers[0]: conv has no key 'chanels'. Did you mean 'channels'? "
    "Choices: bias, channels, dilation, frozen, groups, kernel, name, pad, stride.": [
        {"layer": "conv", "chanels": 6, "kernel": 5}
    ],
    "layers[0]: conv needs kernel, one or two whole numbers from 1 to 65,536, such as 3x3": [
        {"layer": "conv", "channels": 6}
    ],
    "layers[0]: kernel must be one or two whole numbers from 1 to 65,536, such as 3x3. "
    "Got '3by3'": [{"layer": "conv", "channels": 6, "kernel": "3by3"}],
    "layers[0].body[0]: relu has no key 'body'. Choices: name.": [
        {"layer": "residual", "body": [{"layer": "relu", "body": []}]}
    ],
    "layers[0].branches must be a list of lists. Got None": [{"layer": "branches"}],
    "layers[0].branches[1] must be a list of layers. Got 3": [
        {"layer": "branches", "branches": [[], 3]}
    ],
    "layers[0], residual: the body of a residual is empty; write at least one layer in it": [
        {"layer": "residual"}
    ],
}


@pytest.mark.parametrize("message", DICTIONARIES)
def test_a_wrong_dictionary_gets_one_line(message):
    with pytest.raises(NetworkError) as caught:
        from_dicts(DICTIONARIES[message])
    assert str(caught.value) == message


def test_a_wrong_network_is_the_users_mistake():
    assert issubclass(NetworkError, UsageError)
    assert NetworkError.exit_code == 2


def test_absurd_sizes_are_refused_at_once():
    text = "conv 999999999999999999 1x1; conv 999999999999999999 1x1 groups=7; linear classes"
    with pytest.raises(NetworkError, match=r"^line 1, 'conv 9+ 1x1', given 3x32x32: conv1\.weight"):
        walk(parse(text), (3, 32, 32))
