"""Cuts functions and classes out of the files in `pieces`, as text."""

import ast
from functools import lru_cache
from importlib.resources import files


def piece(file: str, name: str) -> str:
    """The source of a function or class in a file of `pieces`.

    >>> piece("jax_code", "linear").splitlines()[0]
    'def linear(w: Weights, name: str, x: Array) -> Array:'
    """
    return _pieces(file)[name]


@lru_cache(maxsize=8)
def _pieces(file: str) -> dict[str, str]:
    text = files("imagette.export.source.pieces").joinpath(f"{file}.py").read_text("utf-8")
    return {
        node.name: _with_decorators(text, node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def _with_decorators(text: str, node: ast.FunctionDef | ast.ClassDef) -> str:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
