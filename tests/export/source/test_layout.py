"""A user's words in a file of source: they stay what they are, however lines are broken."""

import ast

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.export.source.head import constants_of_network, head
from imagette.export.source.layout import block, wrapped
from imagette.export.source.recipe_code import training_of
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe

GRAPH = walk(parse("flatten; linear classes"), (1, 2, 2), 2)
SIGNS = [
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    ", ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "  # ",
    " for ",
    "é",
    "\0",
    "a",
]


@pytest.mark.parametrize("seed", range(20))
def test_class_names_come_back_whatever_signs_they_hold(seed):
    rng = np.random.default_rng(seed)
    names = ["".join(rng.choice(SIGNS, rng.integers(1, 40))) for _ in range(12)]
    text = "\n".join(constants_of_network(names, Preprocess((0.5,), (0.5,)), GRAPH))
    (found,) = (
        ast.literal_eval(line.value)
        for line in ast.parse(text).body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "CLASSES"
    )
    assert found == names


@pytest.mark.parametrize("title", ['"""\nimport os\n"""', "a\\", "\0", "two\nlines"])
def test_a_title_does_not_end_the_docstring(title):
    (text,) = ast.parse(
        head(title, "JAX", (), GRAPH, training_of(Recipe(), 1, 0), Recipe(), title)
    ).body
    assert isinstance(text, ast.Expr)
    assert ": a network for 2 classes" in ast.literal_eval(text.value).splitlines()[0]


def test_a_comment_goes_before_a_line_that_is_too_long_and_a_sign_in_a_string_is_none():
    assert wrapped(f"x = f({'a' * 40}, {'b' * 40})  # it's [2]") == (
        f"# it's [2]\nx = f(\n    {'a' * 40}, {'b' * 40}\n)"
    )
    assert (
        block([f"x = ['{'a' * 80}  # b', 'c']"], 0) == f"x = [\n    '{'a' * 80}  # b',\n    'c',\n]"
    )
