"""Networks: described once, walked once; every shape, weight and cost follows from that.

>>> table = cost_table(walk(named("lenet_cifar"), (3, 32, 32), classes=10))
>>> table.parameters, table.cost.total
(62006, 1314676)
"""

from imagette.network.catalogue import entry, named, names
from imagette.network.dicts import from_dicts, to_dicts
from imagette.network.errors import NetworkError
from imagette.network.graph import Graph, Node, Weight
from imagette.network.layers import (
    GELU,
    Attention,
    AvgPool,
    BatchNorm,
    Branches,
    Conv,
    Dropout,
    Flatten,
    Gate,
    LayerNorm,
    Linear,
    LogSoftmax,
    Max,
    MaxPool,
    Mean,
    Network,
    ReLU,
    Residual,
    Scale,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from imagette.network.table import CostTable, cost_table
from imagette.network.text import parse, to_text
from imagette.network.walk import walk
from imagette.network.widen import widen

__all__ = [
    "GELU",
    "Attention",
    "AvgPool",
    "BatchNorm",
    "Branches",
    "Conv",
    "CostTable",
    "Dropout",
    "Flatten",
    "Gate",
    "Graph",
    "LayerNorm",
    "Linear",
    "LogSoftmax",
    "Max",
    "MaxPool",
    "Mean",
    "Network",
    "NetworkError",
    "Node",
    "ReLU",
    "Residual",
    "Scale",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Weight",
    "cost_table",
    "entry",
    "from_dicts",
    "named",
    "names",
    "parse",
    "to_dicts",
    "to_text",
    "walk",
    "widen",
]
