"""A network in JAX: `apply`, a pure function of weights by name, and functions for what repeats."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from imagette.export.source.classes import Calls, Definition, definitions
from imagette.export.source.expression import (
    HOLE,
    Expression,
    shape_comment,
    tuple_text,
)
from imagette.export.source.jax_layers import NAME, JaxLayer, jax_layer
from imagette.export.source.layout import LONGEST_CALL, block, signature, wrapped
from imagette.export.source.library import piece
from imagette.export.source.structure import Item, Leaf, Nest, leaves
from imagette.network import BatchNorm, Branches, Dropout, Gate, Residual
from imagette.network.graph import Graph, Shape

_BASES = {Residual: "residual", Gate: "gate", Branches: "branches"}
_ABOUT = {
    "residual": "Adds to x what its layers make of it.",
    "projected": "Adds to the shortcut of x what its layers make of x.",
    "gate": "Multiplies x by what its layers make of it.",
    "branches": "Joins what its branches make of x along the channels.",
}
_X, _W = re.compile(r"\bx\b"), re.compile(r"\bw\b")

Quote = Callable[[str], str]
"""The name of a layer in its block, as code of the name by which its weights go."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a network, or a part of it, takes and gives beside pictures and weights."""

    stateful: bool  # running statistics, which training moves
    random: bool  # dropout
    frozen: tuple[str, ...] = ()  # weights that no optimiser moves, statistics apart

    @classmethod
    def of(cls, items: tuple[Item, ...], graph: Graph | None = None) -> "Traits":
        layers = [leaf.layer for leaf in leaves(items)]
        fixed = [w.name for w in graph.weights if not w.trainable] if graph else []
        return cls(
            stateful=any(isinstance(layer, BatchNorm) for layer in layers),
            random=any(isinstance(layer, Dropout) for layer in layers),
            frozen=tuple(name for name in fixed if not name.endswith((".mean", ".var"))),
        )

    @property
    def has_state(self) -> bool:
        return self.stateful or bool(self.frozen)


@dataclass(frozen=True, slots=True)
class Style:
    """How layers are called: by a dictionary of weights, or by modules that keep theirs."""

    layer: Callable[[Leaf], JaxLayer] = jax_layer
    separator: str = "."  # between the name of a layer of layers and those within
    implicit: bool = False  # weights, state and keys are not handed about: Haiku does that

    def stateful(self, items: tuple[Item, ...]) -> bool:
        """Whether what is called gives the state too."""
        return not self.implicit and Traits.of(items).stateful

    def words(self, traits: Traits) -> tuple[list[str], list[str]]:
        """What is handed on before and after a layer's name and x, with types."""
        if self.implicit:
            return [], ["training: bool"] if traits.stateful or traits.random else []
        before = ["w: Weights", *(["state: Weights"] if traits.stateful else [])]
        after = [
            *(["training: bool"] if traits.stateful else []),
            *(["key: Array | None"] if traits.random else []),
        ]
        return before, after


PLAIN = Style()


def jax_sections(items: tuple[Item, ...], graph: Graph) -> list[str]:
    """The functions that `apply` needs, and `apply`."""
    traits = Traits.of(items, graph)
    defined, calls = definitions(items, partial(compiled, PLAIN), function_name)
    wanted = dict.fromkeys(name for leaf in leaves(items) for name in jax_layer(leaf).pieces)
    return [
        _init(graph),
        _split(traits),
        *(piece("jax_code", name) for name in wanted),
        *(function_text(PLAIN, one) for one in defined),
        _apply(items, calls, graph, traits),
    ]


_NORMS = {
    ("weight", "bias", "mean", "var"): "BATCH_NORM",
    ("weight", "bias"): "LAYER_NORM",
}


def shapes_text(graph: Graph) -> str:
    """The table of all weights' shapes, a line a layer."""
    rows, used = [], set()
    for node in graph.nodes:
        shapes = {weight.name.rpartition(".")[2]: weight.shape for weight in node.weights}
        norm = _NORMS.get(tuple(shapes)) if "norm" in node.function else None
        if norm:
            used.add(norm)
            row = f'"{node.path}": dict.fromkeys({norm}, {tuple_text(shapes["weight"])})'
        else:
            inner = ", ".join(f'"{kind}": {tuple_text(shape)}' for kind, shape in shapes.items())
            row = f'"{node.path}": {{{inner}}}'
        if shapes:
            rows.append(f"{wrapped(row, 1)},")
    norms = [
        f"{name} = ({', '.join(f'{chr(34)}{kind}{chr(34)}' for kind in kinds)})"
        for kinds, name in _NORMS.items()
        if name in used
    ]
    return "\n".join([*norms, "SHAPES = {", *rows, "}"])


def _init(graph: Graph) -> str:
    scaled = [w for w in graph.weights if w.name.endswith("weight") and w.fill not in (None, 1)]
    changes = [f'    weights["{w.name}"] *= {w.fill!r}' for w in scaled]
    has_norms = any(len(w.shape) == 1 and w.name.endswith(".weight") for w in graph.weights)
    name = "first_weights" if has_norms else "first_weights_without_norms"
    text = piece("jax_code", name).replace(name, "first_weights")
    return "\n".join([text.rpartition("\n")[0], *changes, "    return weights"])


def _split(traits: Traits) -> str:
    if not traits.has_state:
        return ""
    tests = ['name.endswith((".mean", ".var"))'] if traits.stateful else []
    if traits.frozen:
        tests.append("name in FROZEN")
    about = "Those that the optimiser moves, and the others"
    return "\n".join(
        [
            "def split(weights: Weights) -> tuple[Weights, Weights]:",
            f'    """{about}."""',
            "    params, state = {}, {}",
            "    for name, value in weights.items():",
            f"        fixed = {' or '.join(tests)}",
            "        (state if fixed else params)[name] = value",
            "    return params, state",
        ]
    )


def function_name(nest: Nest) -> str:
    if isinstance(nest.layer, Residual) and nest.blocks["shortcut."]:
        return "projected"
    return _BASES[type(nest.layer)]


def compiled(style: Style, nest: Nest, calls: Calls) -> tuple[Expression, ...]:
    def quote(block_name: str) -> Quote:
        inner = block_name.replace(".", style.separator)
        return lambda name: f'f"{{name}}{style.separator}{inner}{name}"'

    if isinstance(nest.layer, Branches):
        return _branches(style, nest, calls, quote)
    stateful = style.stateful((nest,))
    lines, result, _ = call_lines(style, nest.blocks[""], calls, quote(""), "x", "y", "w")
    if isinstance(nest.layer, Gate):
        thin = len(nest.blocks[""][-1].output_shape) < len(nest.input_shape)
        made = Expression(f"x * {result.text}{'[:, :, None, None]' if thin else ''}", result.holes)
    else:
        shortcut = nest.blocks["shortcut."]
        start = Expression("x")
        if shortcut:
            more, start, _ = call_lines(style, shortcut, calls, quote("shortcut."), "x", "z", "w")
            if start.text != "z" or len(start.text) > LONGEST_CALL // 2:
                more, start = [*more, (("z", False), start, ())], Expression("z")
            lines = (
                [*lines, (("y", False), result, ()), *more]
                if result.text != "y"
                else [*lines, *more]
            )
            result = Expression("y")
        made = Expression(f"{start.text} + {result.text}", (*start.holes, *result.holes))
    return (*as_lines(lines), returned(made, stateful))


Line = tuple[tuple[str, bool], Expression, Shape]
"""A variable, whether the state comes with it, what they become, the shape."""


def as_lines(lines: list[Line]) -> list[Expression]:
    return [
        Expression(f"{name}{', state' if with_state else ''} = {made.text}", made.holes)
        for (name, with_state), made, _ in lines
    ]


def returned(made: Expression, stateful: bool) -> Expression:
    return Expression(f"return {made.text}{', state' if stateful else ''}", made.holes)


def _branches(
    style: Style, nest: Nest, calls: Calls, quote: Callable[[str], Quote]
) -> tuple[Expression, ...]:
    lines: list[Line] = []
    results: list[str] = []
    for number, (key, items) in enumerate(nest.blocks.items()):
        if not items:
            results.append("x")
            continue
        name = f"y{number}"
        more, made, shape = call_lines(style, items, calls, quote(key), "x", name, "w")
        lines += more if made.text == name else [*more, ((name, False), made, shape)]
        results.append(name)
    made = Expression(f"jnp.concatenate([{', '.join(results)}], 1)")
    return (*as_lines(lines), returned(made, style.stateful((nest,))))


def call_lines(
    style: Style,
    items: tuple[Item, ...],
    calls: Calls,
    quote: Quote,
    source: str,
    target: str,
    weights: str,
) -> tuple[list[Line], Expression, Shape]:
    """Line by line, and the last value, which no line has kept yet."""
    lines: list[Line] = []
    current, shape = Expression(source), items[0].input_shape
    for item in items:
        call, wraps, stateful = _call(style, item, calls)
        size = len(call.text) + len(item.name)
        if current.text not in (source, target) and not (
            wraps and len(current.text) + size <= LONGEST_CALL
        ):
            lines.append(((target, False), current, shape))
            current = Expression(target)
        parts = _X.split(_W.sub(weights, call.text))
        text = current.text.join(parts).replace(NAME, quote(item.name))
        before = parts[0].count(HOLE)
        made = Expression(text, (*call.holes[:before], *current.holes, *call.holes[before:]))
        shape = item.output_shape
        if stateful:
            lines.append(((target, True), made, shape))
            made = Expression(target)
        current = made
    return lines, current, shape


def _call(style: Style, item: Item, calls: Calls) -> tuple[Expression, bool, bool]:
    """The call on `x`, whether it may stand around another, whether the state comes with it."""
    if isinstance(item, Leaf):
        layer = style.layer(item)
        return layer.function, layer.wraps, layer.stateful
    call = calls[item.path]
    before, after = style.words(Traits.of((item,)))
    words = [NAME, "x"]
    words = [*map(_untyped, before), *words, *map(_untyped, after), *(HOLE for _ in call.holes)]
    text = f"{call.text.partition('(')[0]}({', '.join(words)})"
    return Expression(text, call.holes), False, style.stateful((item,))


def _untyped(word: str) -> str:
    return word.partition(":")[0]


def function_text(style: Style, one: Definition) -> str:
    """A definition made for layers of layers."""
    before, after = style.words(Traits.of((one.uses[0],)))
    given = [f"{name}: {'float' if name.startswith('rate') else 'int'}" for name in one.parameters]
    words = [*before, "name: str", "x: Array", *after, *given]
    gives = "tuple[Array, Weights]" if style.stateful((one.uses[0],)) else "Array"
    about = _ABOUT[one.name.rstrip("0123456789")]
    return "\n".join(
        [signature(one.name, words, gives), f'    """{about}"""', block(list(one.lines))]
    )


def apply_words(traits: Traits) -> list[str]:
    return [
        "params: Weights",
        *(["state: Weights"] if traits.has_state else []),
        "x: Array",
        *(["training: bool = False"] if traits.stateful else []),
        *(["key: Array | None = None"] if traits.random else []),
    ]


def _apply(
    items: tuple[Item, ...], calls: Mapping[str, Expression], graph: Graph, traits: Traits
) -> str:
    weights = "w" if traits.frozen else "params"
    lines, last, shape = call_lines(
        PLAIN, items, calls, lambda name: f'"{name}"', "x", "x", weights
    )
    shown = [
        f"{line.literal}  # {shape_comment(one[2])}"
        for line, one in zip(as_lines(lines), lines, strict=True)
    ]
    shown.append(f"{returned(last, traits.stateful).literal}  # {shape_comment(shape)}")
    given = ", ".join(["N", *map(str, graph.input_shape)])
    about = f"Normalised pictures [{given}] to outputs [N, {graph.classes}]"
    merged = ["w = params | state"] if traits.frozen else []
    return "\n".join(
        [
            signature(
                "apply",
                apply_words(traits),
                "tuple[Array, Weights]" if traits.stateful else "Array",
            ),
            wrapped(f'"""{about}."""', 1),
            block([*merged, *shown]),
        ]
    )
