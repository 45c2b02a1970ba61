"""A network as a module of PyTorch: one class, and one for each kind of layer of layers."""

import re
from collections.abc import Mapping

from imagette.export.source.classes import Calls, Definition, definitions
from imagette.export.source.expression import Expression, Hole, shape_comment
from imagette.export.source.layout import LONGEST_CALL, block, wrapped
from imagette.export.source.library import piece
from imagette.export.source.structure import Item, Leaf, Nest, leaves
from imagette.export.source.torch_layers import torch_layer
from imagette.export.source.torch_names import attribute_names
from imagette.network import Attention, Branches, Gate, LayerNorm, Residual, Scale
from imagette.network.graph import Graph, Shape

_BASES = {Residual: "Residual", Gate: "Gate", Branches: "Branches"}
_ABOUT = {
    "Residual": "Adds to x what its layers make of it",
    "ProjectedResidual": "Adds to the shortcut of x what its layers make of x",
    "Gate": "Multiplies x by what its layers make of it, one factor a channel or an element",
    "Branches": "Joins what its branches make of x along the channels",
}
_BREAK = Expression("")  # between `__init__` and `forward`
_X = re.compile(r"\bx\b")


def torch_sections(items: tuple[Item, ...], graph: Graph) -> list[str]:
    """The definitions of all modules, the network's last."""
    defined, calls = definitions(items, _compiled, _class_name)
    return [
        *_pieces(items, defined),
        *(_class_text(one) for one in defined),
        _network_text(items, calls, graph),
    ]


def _pieces(items: tuple[Item, ...], defined: tuple[Definition, ...]) -> list[str]:
    kinds = {type(leaf.layer): leaf for leaf in leaves(items)}
    pictures = any(
        isinstance(leaf.layer, LayerNorm) and len(leaf.input_shape) == 3 for leaf in leaves(items)
    )
    wanted = {
        "LayerNorm2d": pictures,
        "Scale": Scale in kinds,
        "Attention": Attention in kinds,
        "sequence": any("sequence(" in line for one in defined for line in one.lines),
    }
    return [piece("torch_code", name) for name, is_used in wanted.items() if is_used]


def _class_name(nest: Nest) -> str:
    if isinstance(nest.layer, Residual) and nest.blocks["shortcut."]:
        return "ProjectedResidual"
    return _BASES[type(nest.layer)]


def _compiled(nest: Nest, calls: Calls) -> tuple[Expression, ...]:
    if isinstance(nest.layer, Branches):
        return _branches(nest, calls)
    body = nest.blocks[""]
    made = _attributes(body, calls)
    forward = forward_lines(body, "x", "y")
    result = "y"
    if len(forward) == 1:
        result = forward.pop()[1]
    lines = [Expression(f"{target} = {call}") for target, call, _ in forward]
    if isinstance(nest.layer, Gate):
        thin = len(body[-1].output_shape) < len(nest.input_shape)
        if thin:
            result = f"{result}[:, :, None, None]"
        return (*made, _BREAK, *lines, Expression(f"return x * {result}"))
    shortcut = nest.blocks["shortcut."]
    if shortcut:
        made = (*made, _sequence("self.shortcut = ", shortcut, calls))
    start = "self.shortcut(x)" if shortcut else "x"
    return (*made, _BREAK, *lines, Expression(f"return {start} + {result}"))


def _branches(nest: Nest, calls: Calls) -> tuple[Expression, ...]:
    parts: list[str] = []
    holes: list[Hole] = []
    for items in nest.blocks.values():
        inner = _sequence("", items, calls) if items else Expression("nn.Identity()")
        parts.append(block([f"{inner.text},"], 2))
        holes += inner.holes
    made = "super().__init__(\n    [\n" + "\n".join(parts) + "\n    ]\n)"
    forward = "return torch.cat([branch(x) for branch in self], 1)"
    return Expression(made, tuple(holes)), _BREAK, Expression(forward)


def _sequence(head: str, items: tuple[Item, ...], calls: Calls) -> Expression:
    """Layers one after the other, as `nn.Sequential` with their names."""
    names, lines = attribute_names(items), list[str]()
    holes: list[Hole] = []
    for item in items:
        modules = (
            torch_layer(item).in_sequence if isinstance(item, Leaf) else {"": calls[item.path]}
        )
        for end, made in modules.items():
            lines.append(f"    {names[item.name]}{end}={made.text},")
            holes += made.holes
    return Expression("\n".join([f"{head}sequence(", *lines, ")"]), tuple(holes))


def _attributes(items: tuple[Item, ...], calls: Calls) -> tuple[Expression, ...]:
    """The modules of a block, and what of them no optimiser moves."""
    names, made, frozen = attribute_names(items), [], []
    for item in items:
        name = names[item.name]
        if isinstance(item, Nest):
            call = calls[item.path]
            made.append(Expression(f"self.{name} = {call.text}", call.holes))
            continue
        layer = torch_layer(item)
        if layer.module:
            made.append(Expression(f"self.{name} = {layer.module.text}", layer.module.holes))
        if layer.frozen:
            frozen.append(Expression(f"self.{name}.weight.requires_grad_(False)"))
    return (*made, *frozen)


def forward_lines(
    items: tuple[Item, ...], source: str, target: str
) -> list[tuple[str, str, Shape]]:
    """(variable, what it becomes, its shape), line by line; the first reads `source`."""
    names, lines = attribute_names(items), list[tuple[str, str, Shape]]()
    current, shape = source, items[0].input_shape
    for item in items:
        padded, function, wraps = "", "self(x)", False
        if isinstance(item, Leaf):
            layer = torch_layer(item)
            padded, function, wraps = layer.padded, layer.function, layer.wraps
        module = f"self.{names[item.name]}("
        around = _with(function, current).replace("self(", module)
        is_call = current not in (source, target)
        if is_call and not (wraps and len(around) <= LONGEST_CALL):
            lines.append((target, current, shape))
            current = target
        if padded:
            lines.append((target, padded.replace("(x,", f"({current},"), item.input_shape))
            current = target
        current = _with(function, current).replace("self(", module)
        shape = item.output_shape
    return [*lines, (target, current, shape)]


def _with(function: str, x: str) -> str:
    """A call with what it is given."""
    return x.join(_X.split(function))


def _class_text(one: Definition) -> str:
    split = one.lines.index("")
    made, forward = one.lines[:split], one.lines[split + 1 :]
    base = "nn.ModuleList" if made[0].startswith("super()") else "nn.Module"
    arguments = "".join(
        f", {name}: {'float' if name.startswith('rate') else 'int'}" for name in one.parameters
    )
    begin = [] if base == "nn.ModuleList" else ["super().__init__()"]
    kind = one.name.rstrip("0123456789")
    return "\n".join(
        [
            f"class {one.name}({base}):",
            *_docstring(_ABOUT[kind], one),
            "",
            wrapped(f"def __init__(self{arguments}) -> None:", 1),
            block([*begin, *made], 2),
            "",
            "    def forward(self, x: Tensor) -> Tensor:",
            block(forward, 2),
        ]
    )


def _docstring(about: str, one: Definition) -> list[str]:
    changes = dict.fromkeys(
        f"{shape_comment(nest.input_shape)} to {shape_comment(nest.output_shape)}"
        for nest in one.uses
    )
    if len(changes) > 4:
        return [f'    """{about}."""']
    return [f'    """{about}.', "", *(f"    {change}" for change in changes), '    """']


def _network_text(items: tuple[Item, ...], calls: Mapping[str, Expression], graph: Graph) -> str:
    made = [one.literal for one in _attributes(items, calls)]
    forward = forward_lines(items, "x", "x")
    lines = [f"{name} = {call}  # {shape_comment(shape)}" for name, call, shape in forward[:-1]]
    _, last, shape = forward[-1]
    lines.append(f"return {last}  # {shape_comment(shape)}")
    given = ", ".join(["N", *map(str, graph.input_shape)])
    return "\n".join(
        [
            "class Network(nn.Module):",
            f'    """Normalised pictures [{given}] to outputs [N, {graph.classes}]."""',
            "",
            "    def __init__(self) -> None:",
            block(["super().__init__()", *made], 2),
            "",
            "    def forward(self, x: Tensor) -> Tensor:",
            block(lines, 2),
        ]
    )
