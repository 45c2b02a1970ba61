"""What a trace says of single functions of torch: costs reckoned by hand, or not known."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from imagette.engines.with_torch.module import ModuleForward
from imagette.engines.with_torch.trace import trace
from imagette.network import cost_table


class Body(nn.Module):
    """A function of a picture [B,4,8,8], which may use `layer`; then a linear layer."""

    def __init__(self, function, layer=None):
        super().__init__()
        self.function, self.layer = function, layer
        with torch.no_grad():
            width = self.picture(torch.zeros(3, 4, 8, 8)).flatten(1).shape[1]
        self.head = nn.Linear(width, 10)

    def picture(self, x):
        return self.function(x) if self.layer is None else self.function(self.layer, x)

    def forward(self, x):
        return self.head(self.picture(x).flatten(1))


def layer(made):
    return Body(lambda it, x: it(x), made)


def standardised(conv, x):
    w = conv.weight
    return F.conv2d(x, (w - w.mean((1, 2, 3), True)) / w.std((1, 2, 3), keepdim=True))


def into_a_buffer(conv, x):
    buffer = torch.zeros(len(x), 8, 6, 6)
    buffer[:, :4] = conv(x)
    return torch.relu(buffer)


def relu_in_place(x):
    seen = x.view(len(x), 16, 4, 4)
    x = x * 2
    x.relu_()
    return x.view(len(x), 16, 4, 4) + seen


def tokens(x):
    return x.flatten(2).transpose(1, 2)  # [B,64,4]


N = 4 * 8 * 8
CONV = 4 * 6 * 6  # outputs of a 3x3 convolution of 4 channels
CONFORMANCE = {
    # what: (module, {path: (multiplications, additions, maximums)}, uncounted)
    "conv": (layer(nn.Conv2d(4, 6, 3, 2, 1)), {"layer": (6 * 16 * 36, 6 * 16 * 36, 0)}, []),
    "depthwise": (layer(nn.Conv2d(4, 4, 3, groups=4)), {"layer": (CONV * 9, CONV * 9, 0)}, []),
    "dilated": (
        layer(nn.Conv2d(4, 5, 3, dilation=2, bias=False)),
        {"layer": (5 * 16 * 36, 5 * 16 * 35, 0)},
        [],
    ),
    "same": (layer(nn.Conv2d(4, 4, 3, padding="same")), {"layer": (N * 36, N * 36, 0)}, []),
    "conv1d": (Body(lambda it, x: it(x.flatten(2)), nn.Conv1d(4, 4, 3)), {}, ["layer"]),
    "conv3d": (Body(lambda it, x: it(x[:, None]), nn.Conv3d(1, 2, 3)), {}, ["layer"]),
    "transposed": (layer(nn.ConvTranspose2d(4, 4, 2, 2)), {}, ["layer"]),
    "standardised": (
        Body(standardised, nn.Conv2d(4, 4, 3, bias=False)),
        {"conv1": (CONV * 36, CONV * 35, 0)},
        [],
    ),
    "kernel of the image": (
        Body(lambda it, x: F.conv2d(it(x), x.mean((0, 2, 3)).view(1, 4, 1, 1)), nn.ReLU()),
        {"layer": (0, 0, N)},
        ["mean1", "conv1"],
    ),
    "linear on tokens": (
        Body(lambda it, x: it(tokens(x)), nn.Linear(4, 4)),
        {"layer.add1": (0, N, 0)},
        ["layer.linear1"],
    ),
    "attention": (
        Body(
            lambda it, x: it(*[tokens(x)] * 3, need_weights=False)[0], nn.MultiheadAttention(4, 2)
        ),
        {"layer.add1": (0, 3 * N, 0)},
        None,
    ),
    "bmm": (Body(lambda x: tokens(x) @ x.flatten(2)), {}, ["bmm1"]),
    "baddbmm": (Body(lambda x: torch.baddbmm(x[:, 0], x[:, 1], x[:, 2])), {}, ["baddbmm1"]),
    "addmm": (
        Body(lambda x: torch.addmm(torch.ones(4), x[:, :, 0, 0], torch.ones(4, 4))),
        {"linear1": (16, 16, 0)},
        [],
    ),
    "addmm alpha": (
        Body(lambda x: torch.addmm(torch.ones(4), x[:, :, 0, 0], torch.ones(4, 4), alpha=2)),
        {},
        ["linear1"],
    ),
    "mm of weights by images": (
        Body(lambda x: (torch.ones(3, len(x)) @ x.flatten(1)).sum(0) + x.flatten(1)),
        {},
        ["linear1", "sum1", "add1"],
    ),
    "chunk": (
        Body(lambda it, x: it(x.chunk(2, 1)[1]), nn.Conv2d(2, 4, 3)),
        {"layer": (CONV * 18, CONV * 18, 0)},
        [],
    ),
    "gated": (
        Body(lambda x: x.split([1, 3], 1)[0].sigmoid() * x.split([1, 3], 1)[1]),
        {"sigmoid1": (0, 64, 0), "multiply1": (3 * 64, 0, 0)},
        [],
    ),
    "unbind": (Body(lambda x: x.unbind(1)[2] + x.unbind(1)[3]), {"add1": (0, 64, 0)}, []),
    "largest": (
        Body(lambda x: torch.relu(x.max(1)[0] * x.max(1)[1])),
        {"multiply1": (64, 0, 0), "relu1": (0, 0, 64)},
        ["max1", "max2"],
    ),
    "halves of the batch": (
        Body(lambda x: torch.cat([torch.relu(p) for p in x.split(1)])),
        {},
        None,
    ),
    "mean width": (Body(lambda x: x.mean(3)), {"mean1": (32, 224, 0)}, []),
    "mean channel": (Body(lambda x: x.mean(1)), {"mean1": (64, 192, 0)}, []),
    "mean kept": (Body(lambda x: x.mean((-1, -2), True)), {"mean1": (4, 252, 0)}, []),
    "mean batch": (Body(lambda x: x - x.mean(0)), {}, ["mean1", "subtract1"]),
    "mean all": (Body(lambda x: x - x.mean()), {}, ["mean1", "subtract1"]),
    "adaptive 1": (layer(nn.AdaptiveAvgPool2d(1)), {"layer": (4, 252, 0)}, []),
    "adaptive 2": (layer(nn.AdaptiveAvgPool2d(2)), {"layer": (16, 240, 0)}, []),
    "adaptive 3": (layer(nn.AdaptiveAvgPool2d(3)), {}, ["layer"]),
    "adaptive max": (layer(nn.AdaptiveMaxPool2d(2)), {}, ["layer"]),
    "pool": (layer(nn.MaxPool2d(3, 2, 1)), {"layer": (0, 0, 64 * 8)}, []),
    "pool dilated": (layer(nn.MaxPool2d(2, 1, dilation=3)), {"layer": (0, 0, 100 * 3)}, []),
    "pool ceil": (layer(nn.MaxPool2d(3, 2, ceil_mode=True)), {}, ["layer"]),
    "batchnorm": (layer(nn.BatchNorm2d(4)), {"layer": (N, N, 0)}, []),
    "batch statistics": (layer(nn.BatchNorm2d(4, track_running_stats=False)), {}, ["layer"]),
    "instancenorm": (layer(nn.InstanceNorm2d(4, affine=True)), {}, None),
    "instance statistics": (layer(nn.InstanceNorm2d(4, track_running_stats=True)), {}, None),
    "groupnorm": (layer(nn.GroupNorm(2, 4)), {}, ["layer"]),
    "layernorm": (layer(nn.LayerNorm([4, 8, 8])), {"layer": (1 + N + 1 + 2 * N, 4 * N - 1, 0)}, []),
    "layernorm plain": (
        layer(nn.LayerNorm(8, elementwise_affine=False)),
        {"layer": (2 * N + 64, 3 * N - 32, 0)},
        [],
    ),
    "layernorm no bias": (
        layer(nn.LayerNorm(8, bias=False)),
        {"layer": (3 * N + 64, 3 * N - 32, 0)},
        [],
    ),
    "gelu": (layer(nn.GELU()), {"layer": (3 * N, N, 0)}, []),
    "gelu tanh": (layer(nn.GELU(approximate="tanh")), {}, ["layer"]),
    "relu6": (layer(nn.ReLU6()), {"layer": (0, 0, 2 * N)}, []),
    "softmax": (layer(nn.Softmax(-1)), {"layer": (0, 2 * N - 32, N - 32)}, []),
    "softmax channel": (layer(nn.Softmax(-3)), {"layer": (0, 2 * N - 64, N - 64)}, []),
    "softmax batch": (layer(nn.Softmax(0)), {}, ["layer"]),
    "softmax batch, from behind": (layer(nn.Softmax(-4)), {}, ["layer"]),
    "x + x": (Body(lambda x: x + x), {"add1": (0, N, 0)}, []),
    "alpha": (
        Body(lambda x: torch.sub(torch.add(x, x, alpha=3), x, alpha=2)),
        {},
        ["add1", "subtract1"],
    ),
    "floor": (Body(lambda x: torch.div(x, 3, rounding_mode="floor")), {}, ["divide1"]),
    "every pair of images": (
        Body(lambda x: (x[:, None] - x[None]).mean(1) + x),
        {"add1": (0, N, 0)},
        ["subtract1", "mean1"],
    ),
    "in place": (
        Body(relu_in_place),
        {"multiply1": (N, 0, 0), "relu1": (0, 0, N), "add1": (0, N, 0)},
        [],
    ),
    "into a buffer": (
        Body(into_a_buffer, nn.Conv2d(4, 4, 3)),
        {"layer": (CONV * 36, CONV * 36, 0), "relu1": (0, 0, 2 * CONV)},
        ["copy1"],
    ),
    "data": (Body(lambda x: torch.relu(x.data)), {"relu1": (0, 0, N)}, []),
    "cat": (Body(lambda x: torch.relu(torch.cat([x, x], 1))), {"relu1": (0, 0, 2 * N)}, []),
    "cat height": (Body(lambda x: torch.cat([x, x], 2)), {}, ["concatenate1"]),
    "cat weights": (
        Body(lambda x: torch.cat([x, torch.ones_like(x[:1]).expand_as(x).detach()], 1)),
        {},
        None,
    ),
    "cat constants": (
        Body(lambda x: torch.cat([x, torch.ones(len(x), 1, 8, 8)], 1)),
        {},
        ["concatenate1"],
    ),
    "a number": (Body(lambda x: x * x.sum().item()), {"multiply1": (N, 0, 0)}, None),
}


def conformance(*without):
    rows = [pytest.param(*row, id=name) for name, row in CONFORMANCE.items() if name not in without]
    return pytest.mark.parametrize(("module", "costs", "uncounted"), rows)


@conformance()
def test_a_cost_is_exact_or_not_known(module, costs, uncounted):  # 001-07
    graph = trace(module, (4, 8, 8), 10)
    found = {
        node.path: (node.cost.multiplications, node.cost.additions, node.cost.maximums)
        for node in graph.nodes
        if node.cost.total and node.path != "head"
    }
    assert found == costs
    table = cost_table(graph)
    assert table.uncounted if uncounted is None else list(table.uncounted) == uncounted
    assert graph.parameters == sum(p.numel() for p in module.parameters())
    head = next(node for node in graph.nodes if node.path == "head")
    assert (head.cost.total, head.uncounted) == (20 * module.head.in_features, False)


@pytest.mark.parametrize("num_images", [1, 3])
@conformance("halves of the batch")  # has a path an image
def test_what_every_path_made_can_be_asked_for(module, costs, uncounted, num_images):  # 001-04
    paths = [node.path for node in trace(module, (4, 8, 8), 10).nodes]
    weights = {name: value.detach() for name, value in module.state_dict().items()}
    found = ModuleForward(module).activations(torch.zeros(num_images, 4, 8, 8), weights, paths)
    assert set(found) == set(paths)
