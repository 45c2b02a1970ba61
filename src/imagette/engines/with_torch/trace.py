"""The graph of any torch module, from watching what it executes on a few images.

Every function that reaches ATen is recorded, with the module that called it, in the same operations
as a walked network: one cost system. What does not depend on the image costs nothing an image.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from imagette.engines.meanings import NUM_IMAGES, PART, Batch, Foreign, Row, Seen, unknown
from imagette.engines.with_torch.aten import MEANINGS
from imagette.engines.with_torch.reach import check_gradients, copy_of, tensor_returned
from imagette.errors import UsageError
from imagette.network.graph import Graph, Shape, Weight
from imagette.network.operations import Reshape
from imagette.network.recorder import Recorder


def trace(module: nn.Module, input_shape: Shape, classes: int) -> Graph:
    """The graph of `module` in evaluation mode, for one image of `input_shape` [C,H,W].

    Weights have the names of `module.state_dict()`; a shared one counts once. The module itself
    and torch's generator stay as they are. Raises UsageError if the module does not run, does not
    return [B,classes], or has a trainable parameter that no gradient reaches in training.
    """
    name = type(module).__name__
    with torch.random.fork_rng(devices=[]):
        watcher = _watch_batch(module, input_shape)
        output = tensor_returned(module, watcher.returned)
        if output.shape != (watcher.batch, classes):
            raise UsageError(
                f"{name} must end in one number for each of {classes} classes. Got "
                f"{list(watcher.shape(output))} for an image {list(input_shape)}: "
                "change its last layer."
            )
        number = watcher.number(output)
        if number is None:
            raise UsageError(f"What {name} returns does not depend on the image: use it.")
        check_gradients(copy_of(module), torch.zeros(watcher.batch, *input_shape))
    graph = watcher.recorder.graph(classes)
    used = {weight.name for weight in graph.weights}
    rest = tuple(weight for weight in weights_of_module(module) if weight.name not in used)
    return replace(graph, output=number, unattached=rest, random_paths=("module",))


def _watch_batch(module: nn.Module, input_shape: Shape) -> "Watcher":
    """Watches as many images as nothing else that the module computes has along an axis."""
    for num_images in NUM_IMAGES:
        watcher = watch(copy_of(module), torch.zeros(num_images, *input_shape))
        if not watcher.ambiguous:
            break
    return watcher


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
    modes = {inner: inner.training for inner in module.modules()}
    module.eval()
    try:
        with torch.no_grad(), Watcher(module, images, keep) as watcher:
            watcher.returned = run() if run else module(images)
        _ = [watcher.number(tensor) for tensor in _tensors(watcher.returned)]  # the last nodes
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"{type(module).__name__} does not run on images {list(images.shape)}: "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from error
    finally:
        for inner, mode in modes.items():
            inner.training = mode
    return watcher


class Watcher(TorchDispatchMode):
    """Sees every ATen call while it is open. Tensors are known by identity, and kept alive."""

    def __init__(self, module: nn.Module, images: Tensor, keep: Sequence[str]) -> None:
        super().__init__()
        self.recorder = Recorder(tuple(images.shape[1:]))
        self.kept: dict[str, Tensor] = {}
        self.returned: object = None
        self.ambiguous = False  # a tensor had two axes of the batch's size
        self._wanted = set(keep)
        self.batch = len(images)
        self._alive: list[Tensor] = [images]
        self._numbers = {id(images): 0}
        self._further: dict[int, int] = {}  # what else a call made: the call's number
        self._held = {_memory(images): 0}  # memory of a call's result: the last such call's number
        self._written: dict[int, int] = {}  # memory that a call wrote over: the call's number
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

    def number(self, tensor: Tensor) -> int | None:
        """The n of Xn if it depends on the images: a node's output, or part of what one wrote."""
        own, memory = self._numbers.get(id(tensor)), _memory(tensor)
        written = self._written.get(memory, -1)
        if own is not None and own >= written:
            return own
        origin = max(written, self._further.get(id(tensor), self._held.get(memory, -1)))
        if origin < 0:
            return None
        there, shape = self.recorder.shape(origin), self.shape(tensor)
        if id(tensor) not in self._further and there == shape:
            return origin
        return self._node(PART, Seen({}, (), (there,), shape, False), (origin,), (), tensor)

    def shape(self, tensor: Tensor) -> Shape:
        return Batch(self.batch).one_image(tuple(tensor.shape))

    def first(self, tensor: Tensor) -> Tensor:
        """What the first image has of `tensor`."""
        axis = Batch(self.batch).axis(tuple(tensor.shape))
        if axis is None:
            return tensor
        return tensor.narrow(axis, 0, tensor.shape[axis] // self.batch)

    def _batched(self, tensor: Tensor) -> bool:
        """Whether the first axis is the batch, and no other one can be."""
        num_axes = tensor.shape.count(self.batch)
        self.ambiguous |= num_axes > 1
        return num_axes == 1 and tensor.shape[0] == self.batch

    def _record(self, function: Any, arguments: dict[str, Any], result: Any) -> None:
        given = {name: _tensors(value) for name, value in arguments.items()}
        tensors = [tensor for several in given.values() for tensor in several]
        numbers = {id(tensor): self.number(tensor) for tensor in tensors}
        images = [tensor for tensor in tensors if numbers[id(tensor)] is not None]
        weights = {w.name: w for t in tensors for w in self._weights.get(id(t), ())}
        written = [t for name in _written_by(function) for t in given.get(name, ())]
        outputs = _tensors(result) or written or images[:1]  # the last: a number, as of item()
        self._alive += (*tensors, *outputs)
        if not images:  # made of weights alone: the same for every image
            self._weights.update((id(output), tuple(weights.values())) for output in outputs)
            return
        name = function._schema.name.partition("::")[2]
        row = MEANINGS.get(name) or MEANINGS.get(name.removesuffix("_")) or unknown(name.strip("_"))
        seen = Seen(
            arguments,
            {n for n, several in given.items() if any(numbers[id(t)] is not None for t in several)},
            tuple(map(self.shape, images)),
            self.shape(outputs[0]),
            all(map(self._batched, (*images, outputs[0]))),
        )
        sources = tuple(n for t in images if (n := numbers[id(t)]) is not None)
        node = self._node(row, seen, sources, tuple(weights.values()), outputs[0])
        self._further.update((id(output), node) for output in outputs[1:])
        self._held.update((_memory(output), node) for output in outputs)
        self._written.update((_memory(tensor), node) for tensor in written)

    def _node(
        self,
        row: Row,
        seen: Seen,
        sources: tuple[int, ...],
        weights: tuple[Weight, ...],
        output: Tensor,
    ) -> int:
        meaning = row.meaning(seen)
        operations = meaning.operations if meaning else (Reshape(seen.inputs[0], seen.output),)
        path = self._path(row.function)
        number = self._numbers[id(output)] = self.recorder.node(
            Foreign(),
            path,
            sources,
            operations,
            weights,
            meaning.hyper_parameters if meaning else {},
            function=row.function,
            uncounted=meaning is None,
        )
        if path in self._wanted:
            self.kept[path] = output.clone()
        return number

    def _path(self, function: str) -> str:
        """A leaf module's own name for what it computes first; else the function, numbered."""
        name, is_leaf = self._stack[-1] if self._stack else ("", False)
        if is_leaf and function != PART.function and not self._taken[name]:
            self._taken[name] += 1
            return name
        prefix = f"{name}.{function}" if name else function
        self._taken[prefix] += 1
        return f"{prefix}{self._taken[prefix]}"


def _tensors(values: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


def _memory(tensor: Tensor) -> int:
    """The same for all views of one memory."""
    strided = tensor.layout == torch.strided
    return int(tensor.untyped_storage()._cdata) if strided else id(tensor)


def _written_by(function: Any) -> list[str]:
    """The arguments that a function of ATen writes over."""
    arguments = function._schema.arguments
    return [a.name for a in arguments if a.alias_info is not None and a.alias_info.is_write]


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
