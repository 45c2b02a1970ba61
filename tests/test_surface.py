"""The public names: one list, found lazily, told alike to checkers, with examples that run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import imagette

SOURCE = Path(imagette.__file__).parent
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages([str(SOURCE)], "imagette.")
    if not found.name.endswith("__main__")
)
VALUES = {"__version__"}  # public, but neither class nor function


@pytest.mark.parametrize("name", sorted(set(imagette.__all__) - VALUES))
def test_a_public_name_is_there_and_says_what_it_is(name):
    assert inspect.getdoc(getattr(imagette, name))


def test_the_version_is_the_installed_one():
    assert imagette.__version__ == importlib.metadata.version("imagette")


def test_checkers_are_told_the_same_names():
    told = {
        alias.asname
        for node in ast.walk(ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == set(imagette.__all__) - VALUES


def test_no_public_name_hides_behind_a_module_of_that_name():
    # `imagette.train` would be the function or the package, by who was imported first.
    modules = {name.removeprefix("imagette.").split(".")[0] for name in MODULES}
    assert modules & set(imagette.__all__) == set()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'imagette' has no attribute 'wakl'$"):
        imagette.wakl  # noqa: B018


def test_completion_shows_the_public_names_alone():
    assert dir(imagette) == sorted(imagette.__all__)


@pytest.mark.parametrize("name", ["imagette", *MODULES])
def test_the_examples_of_a_module_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_an_example_that_fails_is_seen():
    parser = doctest.DocTestParser()
    wrong = parser.get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner().run(wrong).failed == 1
