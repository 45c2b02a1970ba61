"""Where the time of training goes on torch: node by node, and the fastest that it could be."""

from collections import defaultdict
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node

from imagette.engines.convolution_case import BATCH, CHANNELS, KERNEL, OPERATIONS, SIDE
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_torch.device import choose_device, working
from imagette.engines.with_torch.layers import Call, Function
from imagette.machine import usable_cores


class Stopwatch:
    """Reads the clock around every node, and around every function of its backward pass.

    On a processor alone, which has done what a call asked for when the call returns. What autograd
    does between two nodes, such as adding the gradients of a tensor that is read twice, is none's.
    """

    def __init__(self) -> None:
        self.forward: dict[str, float] = defaultdict(float)
        self.backward: dict[str, float] = defaultdict(float)
        self._began = 0.0

    def around(self, path: str, function: Function) -> Function:
        """The same function of the node at `path`, watched."""

        def watched(call: Call) -> Tensor:
            began = perf_counter()
            output = function(call)
            self.forward[path] += perf_counter() - began
            self._watch_backward(path, output, call.inputs)
            return output

        return watched

    def _watch_backward(self, path: str, output: Tensor, inputs: list[Tensor]) -> None:
        before = {tensor.grad_fn for tensor in inputs}
        for function in _between(output.grad_fn, before):
            function.register_prehook(self._begin)
            function.register_hook(lambda *_: self._end(path))

    def _begin(self, *_: Any) -> None:
        self._began = perf_counter()

    def _end(self, path: str) -> None:
        self.backward[path] += perf_counter() - self._began


def _between(last: Node | None, before: set[Node | None]) -> set[Node]:
    """The functions of a backward pass from `last` until those `before`, which are not in it.

    Without those that hand a weight its gradient: torch keeps them from step to step, and a second
    hook would count them twice.
    """
    found: set[Node] = set()
    waiting = [last]
    while waiting:
        function = waiting.pop()
        if function is None or function in before or function in found:
            continue
        if function.name() != "struct torch::autograd::AccumulateGrad":
            found.add(function)
            waiting += [following for following, _ in function.next_functions]
    return found


def convolution_rate(spec: EngineSpec, seconds: float) -> float:
    """As `imagette.run.engine.Engine.convolution_rate` says."""
    device = choose_device(spec.device).device
    kind = torch.bfloat16 if spec.precision == "bfloat16" else torch.float32
    with working(spec.num_threads or usable_cores()):
        x, weight, gradient = (
            torch.ones(shape, dtype=kind, device=device).contiguous(
                memory_format=torch.channels_last
            )
            for shape in (
                (BATCH, CHANNELS, SIDE, SIDE),
                (CHANNELS, CHANNELS, KERNEL, KERNEL),
                (BATCH, CHANNELS, SIDE, SIDE),
            )
        )
        x.requires_grad_()
        weight.requires_grad_()
        end, fastest = perf_counter() + seconds, float("inf")
        while perf_counter() < end:
            began = perf_counter()
            output = torch.conv2d(x, weight, padding=KERNEL // 2)
            torch.autograd.grad(output, (x, weight), gradient)
            if device.type == "cuda":
                torch.cuda.synchronize()
            fastest = min(fastest, perf_counter() - began)
    return OPERATIONS / fastest / 1e9
