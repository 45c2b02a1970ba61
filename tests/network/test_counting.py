"""Every cost rule against plain loops, run on numbers that tally what is done to them."""

from collections import Counter
from itertools import product
from math import erf, exp, log, tanh

import pytest

from imagette.network import operations as op, parse, walk
from imagette.network.cost import Cost
from imagette.network.window import Window


class Tally(Counter):
    """Counts of elementary operations."""

    def cost(self):
        return Cost(**self)


class Number:
    """A number that tallies its use; subtracting is adding, changing a sign is free."""

    def __init__(self, value, tally):
        self.value, self.tally = float(value), tally

    def _made(self, kind, value):
        self.tally[kind] += 1
        return Number(value, self.tally)

    def __add__(self, other):
        return self._made("additions", self.value + plain(other))

    def __sub__(self, other):
        return self._made("additions", self.value - plain(other))

    def __mul__(self, other):
        return self._made("multiplications", self.value * plain(other))

    def __truediv__(self, other):
        return self._made("divisions", self.value / plain(other))

    def __neg__(self):
        return Number(-self.value, self.tally)

    def largest(self, other):
        return self._made("maximums", max(self.value, plain(other)))

    def through(self, function):
        return self._made("transcendentals", function(self.value))


def plain(number):
    return number.value if isinstance(number, Number) else number


def fold(numbers, function):
    """k numbers with k - 1 applications."""
    first, *rest = numbers
    for number in rest:
        first = function(first, number)
    return first


def add(a, b):
    return a + b


def largest(a, b):
    return a.largest(b)


FOLDS = {"add": add, "maximum": largest}


def array(shape, tally):
    """An index to a number, for every index of the shape."""
    indices = product(*map(range, shape))
    return {index: Number((7 * n) % 11 - 4, tally) for n, index in enumerate(indices)}


def windows(shape, window):
    """Each place of the window: its output (row, column), and its taps as (row, column)."""
    (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.stride, window.dilation
    top, bottom, left, right = window.margins
    rows = range(-top, shape[1] + bottom - dh * (kh - 1), sh)
    columns = range(-left, shape[2] + right - dw * (kw - 1), sw)
    for (i, y), (j, x) in product(enumerate(rows), enumerate(columns)):
        taps = [(u, v, y + u * dh, x + v * dw) for u, v in product(range(kh), range(kw))]
        yield (i, j), taps


def inside(shape, taps):
    return [t for t in taps if 0 <= t[2] < shape[1] and 0 <= t[3] < shape[2]]


WINDOWS = [
    ((2, 5, 5), Window((3, 3))),
    ((2, 5, 7), Window((3, 2), stride=(2, 1))),
    ((4, 6, 6), Window((3, 3), margins=(1, 1, 1, 1))),
    ((2, 5, 4), Window((3, 3), stride=(2, 2), margins=(1, 1, 1, 1))),
    ((2, 7, 7), Window((3, 3), dilation=(2, 2))),
    ((2, 7, 6), Window((3, 3), (2, 2), (2, 1, 0, 3), (2, 1))),
    ((2, 1, 1), Window((1, 1))),
    ((2, 4, 4), Window((1, 1), stride=(2, 2), margins=(1, 1, 1, 1))),  # places without any tap
    ((2, 3, 3), Window((2, 2), stride=(3, 3), margins=(2, 2, 3, 0))),
]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("shape", "window"), WINDOWS)
def test_a_convolution_costs_what_its_loop_does(shape, window, groups, padded):  # 001-07
    operation = op.Convolve(shape, 4, window, groups)
    tally, depth = Tally(), shape[0] // groups
    picture = array(shape, tally)
    weight = array((4, depth, *window.kernel), tally)
    outputs = set()
    for channel, (place, taps) in product(range(4), windows(shape, window)):
        first = channel // (4 // groups) * depth
        products = [
            weight[channel, c, u, v] * picture.get((first + c, y, x), 0.0)
            for c in range(depth)
            for u, v, y, x in (taps if padded else inside(shape, taps))
        ]
        outputs.add((channel, *place))
        if products:
            fold(products, add)
    assert max(outputs) == tuple(side - 1 for side in operation.output_shape)
    assert (operation.cost if padded else operation.inside) == tally.cost()


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("function", ["add", "maximum"])
@pytest.mark.parametrize(("shape", "window"), WINDOWS)
def test_a_windowed_fold_costs_what_its_loop_does(shape, window, function, padded):  # 001-07
    operation, tally = op.ReduceWindow(shape, window, function), Tally()
    picture = array(shape, tally)
    folded = {}
    for channel, (place, taps) in product(range(shape[0]), windows(shape, window)):
        seen = taps if padded else inside(shape, taps)
        values = [picture.get((channel, y, x), Number(0, tally)) for _, _, y, x in seen]
        folded[channel, *place] = fold(values, FOLDS[function]) if values else 0
    assert max(folded) == tuple(side - 1 for side in operation.output_shape)
    assert (operation.cost if padded else operation.inside) == tally.cost()


@pytest.mark.parametrize(("inputs", "features"), [(1, 1), (5, 3), (4, 1)])
def test_a_matrix_product_costs_what_its_loop_does(inputs, features):  # 001-07
    operation, tally = op.MatMul((inputs,), features), Tally()
    x, weight = array((inputs,), tally), array((features, inputs), tally)
    y = [fold([weight[f, i] * x[(i,)] for i in range(inputs)], add) for f in range(features)]
    assert operation.output_shape == (len(y),)
    assert operation.cost == tally.cost()


@pytest.mark.parametrize(("times", "rows", "inner", "columns"), [(1, 2, 3, 4), (3, 4, 1, 2)])
def test_products_of_matrices_cost_what_their_loops_do(times, rows, inner, columns):
    operation, tally = op.Products(times, rows, inner, columns), Tally()
    x, y = array((times, rows, inner), tally), array((times, inner, columns), tally)
    places = list(product(*map(range, (times, rows, columns))))
    for t, i, j in places:
        fold([x[t, i, n] * y[t, n, j] for n in range(inner)], add)
    assert operation.output_shape == tuple(side + 1 for side in places[-1])
    assert operation.cost == tally.cost()


@pytest.mark.parametrize("function", ["add", "maximum"])
@pytest.mark.parametrize(
    ("shape", "axes"), [((3, 4, 2), (1, 2)), ((3, 4, 2), (0,)), ((5,), (0,)), ((1, 1, 1), (1, 2))]
)
def test_a_fold_of_axes_costs_what_its_loop_does(shape, axes, function):
    operation, tally = op.Reduce(shape, axes, function), Tally()
    groups = {}
    for index, number in array(shape, tally).items():
        kept = tuple(i for axis, i in enumerate(index) if axis not in axes)
        groups.setdefault(kept, []).append(number)
    for numbers in groups.values():
        fold(numbers, FOLDS[function])
    assert max(groups) == tuple(side - 1 for side in operation.output_shape)
    assert operation.cost == tally.cost()


ELEMENTARY = {
    "add": lambda x: x + 2,
    "multiply": lambda x: x * 2,
    "maximum": lambda x: x.largest(0),
    "divide": lambda x: x / 2,
    "exp": lambda x: x.through(exp),
    "log": lambda x: x.through(lambda value: log(abs(value) + 1)),
    "erf": lambda x: x.through(erf),
    "tanh": lambda x: x.through(tanh),
    "rsqrt": lambda x: x.through(lambda value: (value * value + 1) ** -0.5),
}


@pytest.mark.parametrize("function", op.FUNCTIONS)
def test_an_elementary_function_costs_one(function):
    operation, tally = op.Elementwise((2, 3), (function,)), Tally()
    for number in array((2, 3), tally).values():
        ELEMENTARY[function](number)
    assert operation.output_shape == (2, 3)
    assert operation.cost == tally.cost()


def test_moving_elements_costs_nothing():
    assert op.Reshape((2, 3, 4), (24,)).cost == Cost()
    joined = op.Concatenate(((2, 3, 4), (5, 3, 4)))
    assert joined.output_shape == (7, 3, 4)
    assert joined.cost == Cost()


def relu(x, _tally):
    return [value.largest(0) for value in x]


def gelu(x, _tally):
    return [v * ((v * 0.5**0.5).through(erf) + 1) * 0.5 for v in x]


def silu(x, _tally):
    return [v / ((-v).through(exp) + 1) for v in x]


def scale(x, tally):
    return [v * Number(0.3, tally) for v in x]


def sigmoid(x, tally):
    return [Number(1, tally) / ((-v).through(exp) + 1) for v in x]


def softmax(x, _tally):
    top = fold(x, largest)
    powers = [(v - top).through(exp) for v in x]
    total = fold(powers, add)
    return [power / total for power in powers]


def log_softmax(x, _tally):
    top = fold(x, largest)
    shifted = [v - top for v in x]
    total = fold([v.through(exp) for v in shifted], add).through(log)
    return [v - total for v in shifted]


def batchnorm(x, tally):
    weight, bias = Number(2, tally), Number(3, tally)  # mean and var are folded into them
    return [v * weight + bias for v in x]


def layernorm(x, tally):
    weight, bias = Number(2, tally), Number(3, tally)
    mean = fold(x, add) * (1 / len(x))
    centred = [v - mean for v in x]
    variance = fold([v * v for v in centred], add) * (1 / len(x))
    scale = (variance + 1e-5).through(lambda value: value**-0.5)
    return [v * scale * weight + bias for v in centred]


RULES = [relu, gelu, silu, sigmoid, softmax, log_softmax, batchnorm, layernorm, scale]


@pytest.mark.parametrize("pixels", [(), (2, 3)])
@pytest.mark.parametrize("rule", RULES)
def test_a_layer_costs_what_its_formula_does(rule, pixels):
    """Written as an engine would; over the channels of each pixel, or over the features."""
    tally = Tally()
    for _ in product(*map(range, pixels)):
        rule([Number(n, tally) for n in range(5)], tally)
    text = f"{rule.__name__}; " + ("flatten; linear classes" if pixels else "linear classes")
    assert walk(parse(text), (5, *pixels)).nodes[0].cost == tally.cost()


def affine(pixels, outputs, tally):
    """Each pixel, a list of channels, through one matrix and bias."""
    inputs = range(len(pixels[0]))
    weight, bias = array((outputs, len(inputs)), tally), array((outputs,), tally)
    return [
        [fold([weight[o, i] * x[i] for i in inputs], add) + bias[(o,)] for o in range(outputs)]
        for x in pixels
    ]


@pytest.mark.parametrize(("channels", "heads"), [(4, 1), (4, 2), (3, 3)])
def test_attention_costs_what_its_loops_do(channels, heads):
    tally, depth = Tally(), channels // heads
    numbers = array((6, channels), tally)
    pixels = [[numbers[p, c] for c in range(channels)] for p in range(6)]
    q, k, v = (affine(pixels, channels, tally) for _ in range(3))
    q = [[value * depth**-0.5 for value in one] for one in q]
    seen = [[] for _ in pixels]
    for head, (place, one) in product(range(heads), enumerate(q)):
        part = range(head * depth, (head + 1) * depth)
        shares = softmax([fold([one[c] * other[c] for c in part], add) for other in k], tally)
        seen[place] += [fold([s * x[c] for s, x in zip(shares, v, strict=True)], add) for c in part]
    affine(seen, channels, tally)
    graph = walk(parse(f"attention heads={heads}; mean; linear classes"), (channels, 2, 3))
    assert graph.nodes[0].cost == tally.cost()
    assert graph.nodes[0].output_shape == (channels, 2, 3)
    assert graph.nodes[0].parameters == 4 * channels**2 + 4 * channels


@pytest.mark.parametrize("body", ["mean; sigmoid", "sigmoid"])
def test_a_gate_multiplies_every_element_once(body):
    nodes = walk(parse(f"gate {{ {body} }}; mean; linear classes"), (3, 2, 4)).nodes
    join = next(node for node in nodes if node.function == "multiply")
    assert join.cost == Cost(multiplications=24)
    assert join.output_shape == (3, 2, 4)


def test_the_largest_of_a_channel_takes_one_maximum_less_than_it_has_elements():
    node = walk(parse("max; linear classes"), (3, 4, 5)).nodes[0]
    assert (node.cost, node.output_shape) == (Cost(maximums=3 * 19), (3,))


def test_tanh_is_one_transcendental_an_element():
    assert walk(parse("tanh"), (10,)).cost == Cost(transcendentals=10)


def test_means_multiply_once_by_a_constant():
    averages = walk(parse("avgpool 2; mean; linear classes"), (3, 4, 4)).nodes
    assert averages[0].cost == Cost(additions=3 * 4 * 3, multiplications=3 * 4)
    assert averages[1].cost == Cost(additions=3 * 3, multiplications=3)


def test_dropout_and_flatten_cost_nothing():
    nodes = walk(parse("dropout 0.5; flatten; linear classes"), (2, 3, 3)).nodes
    assert [node.cost for node in nodes[:2]] == [Cost(), Cost()]


def test_costs_add_up_as_a_monoid():
    a, b = Cost(1, 2, 3, 4, 5, 6), Cost(additions=10)
    assert a + Cost() == Cost() + a == a
    assert (a + b) * 2 == a * 2 + b * 2
    assert a.total == 6  # 001-07: additions, multiplications and maximums
