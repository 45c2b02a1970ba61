"""The graph of any torch module, from watching what it executes on one image.

Every function that reaches ATen is recorded, with the module that called it, in the same operations
as a walked network: one cost system. What does not depend on the image costs nothing an image.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from imagette.engines.with_torch.aten import MEANINGS, Meaning, Seen
from imagette.errors import UsageError
from imagette.network.graph import Graph, Shape, Weight
from imagette.network.layer import Layer
from imagette.network.operations import Reshape
from imagette.network.recorder import Recorder


@dataclass(frozen=True)
class Foreign(Layer):
    """Stands in a graph for what other code computes: nothing lowers it, its own code runs."""

    word = "foreign"


def trace(module: nn.Module, input_shape: Shape, classes: int) -> Graph:
    """The graph of `module` in evaluation mode on one image [1,C,H,W] of `input_shape`.

    Weights have the names of `module.state_dict()`; a shared one counts once. Raises UsageError if
    the module does not run, does not end in [1,classes], or never uses a trainable parameter.
    """
    watcher = watch(module, torch.zeros(1, *input_shape))
    output = watcher.recorder.shape(len(watcher.recorder.nodes))
    name = type(module).__name__
    if output != (classes,):
        raise UsageError(
            f"{name} must end in one number for each of {classes} classes. Got "
            f"{list(output)} for an image {list(input_shape)}: change its last layer."
        )
    graph = watcher.recorder.graph(classes)
    used = {weight.name for weight in graph.weights}
    rest = tuple(weight for weight in weights_of_module(module) if weight.name not in used)
    unused = [weight.name for weight in rest if weight.trainable]
    if unused:
        raise UsageError(
            f"{name} never uses {', '.join(unused)}, so no gradient reaches "
            f"{'it' if len(unused) == 1 else 'them'}: use it in forward, or remove it."
        )
    return replace(graph, unattached=rest, random_paths=("module",))


def weights_of_module(module: nn.Module) -> tuple[Weight, ...]:
    """Parameters, shared ones once, then buffers that are saved; by their names in `state_dict`."""
    saved = set(module.state_dict())
    parameters = [
        Weight(name, tuple(tensor.shape), tensor.requires_grad)
        for name, tensor in module.named_parameters()
    ]
    buffers = [
        Weight(name, tuple(tensor.shape), trainable=False)
        for name, tensor in module.named_buffers()
        if name in saved
    ]
    return (*parameters, *buffers)


def watch(
    module: nn.Module,
    images: Tensor,
    keep: Sequence[str] = (),
    run: Callable[[], object] | None = None,
) -> "Watcher":
    """Runs `module` on images [N,C,H,W] in evaluation mode and records what happens.

    `keep` names the nodes whose outputs are kept; `run` runs it another way, with other weights.
    """
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), Watcher(module, images, keep) as watcher:
            _ = run() if run else module(images)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"{type(module).__name__} does not run on images {list(images.shape)}: "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from error
    finally:
        module.train(was_training)
    return watcher


class Watcher(TorchDispatchMode):
    """Sees every ATen call while it is open. Tensors are known by identity, and kept alive."""

    def __init__(self, module: nn.Module, images: Tensor, keep: Sequence[str]) -> None:
        super().__init__()
        self.recorder = Recorder(tuple(images.shape[1:]))
        self.kept: dict[str, Tensor] = {}
        self._wanted = set(keep)
        self._batch = len(images)
        self._alive: list[Tensor] = [images]
        self._numbers = {id(images): 0}
        self._weights = _names_by_identity(module)
        self._module = module
        self._stack: list[tuple[str, bool]] = []
        self._taken: Counter[str] = Counter()
        self._hooks = ExitStack()

    def __enter__(self) -> "Watcher":
        for name, inner in self._module.named_modules():
            self._hooks.enter_context(_following(inner, name, self._stack))
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._hooks.close()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        named = dict(zip((a.name for a in function._schema.arguments), args, strict=False))
        self._record(function, {**named, **(kwargs or {})}, result)
        return result

    def _record(self, function: Any, arguments: dict[str, Any], result: Any) -> None:
        output = result[0] if isinstance(result, tuple | list) else result
        if not isinstance(output, Tensor):
            return
        tensors = [leaf for leaf in tree_leaves(arguments) if isinstance(leaf, Tensor)]
        sources = tuple(self._numbers[id(t)] for t in tensors if id(t) in self._numbers)
        weights = {w.name: w for t in tensors for w in self._weights.get(id(t), ())}
        self._alive.append(output)
        if not sources:  # made of weights alone: the same for every image
            self._weights[id(output)] = tuple(weights.values())
            return
        name = function._schema.name.partition("::")[2]
        meaning, known = self._meaning(name, arguments, sources, output)
        path = self._path(meaning.function)
        self._numbers[id(output)] = self.recorder.node(
            Foreign(),
            path,
            sources,
            meaning.operations,
            tuple(weights.values()),
            meaning.hyper_parameters,
            function=meaning.function,
            uncounted=not known,
        )
        if path in self._wanted:
            self.kept[path] = output.clone()

    def _meaning(
        self, name: str, arguments: dict[str, Any], sources: tuple[int, ...], output: Tensor
    ) -> tuple[Meaning, bool]:
        shape = tuple(output.shape[1:])
        seen = Seen(arguments, tuple(map(self.recorder.shape, sources)), shape)
        row = MEANINGS.get(name) or MEANINGS.get(name.removesuffix("_"))
        if row and len(output) == self._batch and not arguments.get("transposed"):
            meaning = row(seen)
            if meaning.operations[-1].output_shape == shape:
                return meaning, True
        return Meaning(name.strip("_"), (Reshape(seen.inputs[0], shape),)), False

    def _path(self, function: str) -> str:
        """A leaf module's own name for what it computes first; else the function, numbered."""
        name, is_leaf = self._stack[-1] if self._stack else ("", False)
        if is_leaf and not self._taken[name]:
            self._taken[name] += 1
            return name
        prefix = f"{name}.{function}" if name else function
        self._taken[prefix] += 1
        return f"{prefix}{self._taken[prefix]}"


def _names_by_identity(module: nn.Module) -> dict[int, tuple[Weight, ...]]:
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    return {id(tensors[weight.name]): (weight,) for weight in weights_of_module(module)}


@contextmanager
def _following(module: nn.Module, name: str, stack: list[tuple[str, bool]]) -> Iterator[None]:
    """Keeps the module on the stack while its forward runs."""
    here = (name, not list(module.children()))
    before = module.register_forward_pre_hook(lambda *_: stack.append(here))
    after = module.register_forward_hook(lambda *_: stack.pop() and None, always_call=True)
    try:
        yield
    finally:
        before.remove()
        after.remove()
