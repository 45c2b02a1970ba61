"""The table of functions Fn, tensors Xn and weights Wn as LaTeX, from the object of `cost.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from imagette.network.cost import OPERATIONS

PACKAGES = ("array", "longtable", "booktabs")

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "'": r"\char39{}",
    "`": r"\char96{}",
    "-": r"{-}",  # two would become a dash
}
_HEADINGS = ("$F_n$", "function", "$X_n$", "$W_n$", "parameters", "mul.", "add.", "max.")
_LAYOUT = (
    r"@{}l>{\raggedright\arraybackslash}p{0.22\linewidth}"
    r">{\raggedright\arraybackslash}p{0.16\linewidth}"
    r">{\raggedright\arraybackslash}p{0.17\linewidth}rrrr@{}"
)
_PLAIN = {"stride": [1, 1], "pad": [0, 0, 0, 0], "dilation": [1, 1], "groups": 1, "bias": True}
_LEGEND = (
    "Shapes without the batch; operations forward, of one image. "
    "Not said where plain: stride 1, padding 0, dilation 1, one group, a bias."
)


def network_latex(cost: Mapping[str, Any]) -> str:
    r"""A `longtable` to be put into a document that uses the packages `PACKAGES`.

    `cost` is what `describe --json` prints and a run keeps. Shapes are [C,H,W] or [F]; operations
    are forward, of one image. Every name in it is escaped, whoever gave it.

    >>> from imagette.network import cost_table, parse, walk
    >>> table = cost_table(walk(parse("flatten; linear classes"), (1, 28, 28), 10))
    >>> print(network_latex(table.as_json()).splitlines()[8].partition(" & ")[2][:61])
    linear1: linear features=10 & $X_{1}$ $784$ $\to$ $X_{2}$ $10
    """
    totals = [cost["parameters"], *(cost["cost"][kind] for kind in OPERATIONS)]
    uncounted = cost.get("uncounted", ())
    lines = [
        f"% needs \\usepackage{{{','.join(PACKAGES)}}}",
        r"{\footnotesize\setlength{\tabcolsep}{3pt}",
        rf"\begin{{longtable}}{{{_LAYOUT}}}",
        r"\toprule",
        _row(_HEADINGS),
        r"\midrule",
        r"\endhead",
        *(_node(node) for node in cost["nodes"]),
        r"\midrule",
        _row(["", "total", "", "", *map(_number, totals)]),
        r"\bottomrule",
        r"\end{longtable}",
        rf"\noindent {_LEGEND}",
    ]
    if uncounted:
        names = ", ".join(escaped(path) for path in uncounted)
        lines.append(f"Not counted, in no total: {names}.")
    lines.append(r"\par}")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""Text that LaTeX prints as it is, on one line, and never runs.

    Characters that cannot be printed become a space; those beyond ASCII stay, in UTF-8.

    >>> print(escaped(r"50%_\input{x}"))
    50\%\_\textbackslash{}input\{x\}
    """
    one_line = "".join(sign if sign.isprintable() else " " for sign in text)
    return "".join(_SIGNS.get(sign, sign) for sign in one_line)


def _node(node: Mapping[str, Any]) -> str:
    read = [
        f"{_tensor(name)} {_shape(shape)}"
        for name, shape in zip(node["inputs"], node["input_shapes"], strict=True)
    ]
    counts = node["cost"]
    counted = [_number(counts[kind]) for kind in OPERATIONS] if counts else ["not counted", "", ""]
    return _row(
        [
            f"$F_{{{escaped(node['fn'][1:])}}}$",
            _function(node),
            rf"{', '.join(read)} $\to$ {_tensor(node['output'])} {_shape(node['output_shape'])}",
            _weights(node["weights"]),
            _number(node["parameters"]),
            *counted,
        ]
    )


def _function(node: Mapping[str, Any]) -> str:
    values = [
        f"{key}={_value(value)}"
        for key, value in node["hyper_parameters"].items()
        if _PLAIN.get(key) != value
    ]
    return escaped(" ".join([f"{node['path']}:", node["function"], *values]))


def _value(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _weights(weights: Sequence[Mapping[str, Any]]) -> str:
    """Sizes joined by +, those that the optimiser does not move in brackets."""
    trainable = [_shape(one["shape"]) for one in weights if one["trainable"]]
    others = [_shape(one["shape"]) for one in weights if not one["trainable"]]
    return " + ".join([*trainable, *([f"({', '.join(others)})"] if others else [])]) or "none"


def _tensor(name: str) -> str:
    return f"$X_{{{escaped(name[1:])}}}$"


def _shape(shape: Sequence[int]) -> str:
    sizes = r" \times ".join(str(int(size)) for size in shape)
    return f"${sizes}$"


def _number(number: int) -> str:
    return f"{int(number):,}".replace(",", "{,}")


def _row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"
