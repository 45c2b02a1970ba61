import sys
from functools import partial

import pytest

from imagette.errors import DataError, UsageError
from imagette.pointers import (
    call_pointer,
    resolve_pointer,
    said,
    source_of,
    source_of_pointer,
    told_in_one_line,
)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Writes mine.py into the experiment's folder; the working folder is another, and empty."""
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(text, name="mine.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path

    return write


def refusal(call, *args):
    with pytest.raises(UsageError) as refused:
        call(*args)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("pointer", ["mine.py:make", "mine:make", "mine.py:Box.make"])
def test_a_name_is_found_in_a_file_beside_the_experiment(mine, pointer):
    # 004-13
    base = mine("def make(size=2):\n    return size\nclass Box:\n    make = make\n")
    assert call_pointer(pointer, {"size": 5}, base) == 5


def test_a_file_is_found_by_its_whole_path_and_in_the_working_folder(mine):
    base = mine("A = 1\n")
    assert resolve_pointer(f"{base / 'mine.py'}:A") == 1
    mine("B = 2\n", "working/near.py")
    assert resolve_pointer("near:B", base) == 2


def test_a_file_may_import_its_neighbours_now_and_later(mine):
    mine("SIZE = 3\n", "neighbour_of_mine.py")
    mine("SIZE = 4\n", "later_neighbour.py")
    base = mine(
        "from neighbour_of_mine import SIZE\ndef make():\n"
        "    from later_neighbour import SIZE as later\n    return SIZE, later\n"
    )
    assert call_pointer("mine.py:make", {}, base) == (3, 4)


def test_a_package_beside_the_experiment_is_imported_whole(mine):
    mine("", "own_package/__init__.py")
    mine("SIZE = 3\n", "own_package/sizes.py")
    base = mine("from .sizes import SIZE\n", "own_package/nets.py")
    assert resolve_pointer("own_package.nets:SIZE", base) == 3
    assert source_of_pointer("own_package.nets:SIZE", base)[0] == "nets.py"


def test_a_file_is_run_once_and_again_when_its_text_has_changed(mine):
    base = mine("made = object()\nother = made\n")
    first = resolve_pointer("mine.py:made", base)
    assert resolve_pointer("mine:other", base) is first
    mine("made = 2\n")
    assert resolve_pointer("mine.py:made", base) == 2


def test_what_is_given_comes_before_what_the_experiment_names(mine):
    base = mine("def make(parameters, rate):\n    return parameters, rate\n")
    assert call_pointer("mine.py:make", {"rate": 0.1}, base, given=["p"]) == ("p", 0.1)


@pytest.mark.parametrize("pointer", ["mine", "mine.py", ":make", "mine.py:", "mine.py:a b", ""])
def test_what_is_no_pointer_is_told_the_form(pointer):
    assert refusal(resolve_pointer, pointer) == (
        f"Python code is named 'module:name' or 'path/to/file.py:name'. Got '{pointer}'."
    )


def test_a_missing_file_or_module_is_named_with_the_near_miss(mine):
    base = mine("")
    looked = f"Looked in {base}, {base / 'working'}."
    assert refusal(resolve_pointer, "mien.py:make", base) == (
        f"'mien.py:make': no file 'mien.py' is there. Did you mean 'mine.py'? {looked}"
    )
    for call in (resolve_pointer, source_of_pointer):
        assert refusal(call, "mien:make", base) == (
            f"'mien:make': no module 'mien' is there. Did you mean 'mine'? {looked}"
        )
    assert "no module 'mien.deep' is there" in refusal(resolve_pointer, "mien.deep:make", base)


def test_a_missing_name_is_named_with_the_near_miss(mine):
    base = mine("import os\ndef make(): ...\n")
    assert refusal(resolve_pointer, "mine.py:mkae", base) == (
        "'mine.py:mkae': 'mine.py' has no 'mkae'. Did you mean 'make'? Choices: make."
    )
    assert "has no 'x'. It has nothing of a similar name." in refusal(
        resolve_pointer, "mine.py:x", mine("")
    )
    assert refusal(resolve_pointer, "collections:OrderDict").startswith(
        "'collections:OrderDict': 'collections' has no 'OrderDict'. Did you mean 'OrderedDict'?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nx = 1 / 0\n", "ZeroDivisionError: division by zero (mine.py, line 2)."),
        ("x = 1\nx = (\n", "SyntaxError: '(' was never closed (mine.py, line 2)."),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 (mine.py, line 2)."),
        ("import nowhere_at_all\n", "No module named 'nowhere_at_all' (mine.py, line 1)."),
        ("raise ValueError('a\\nb')", "ValueError: a b (mine.py, line 1)."),
        ("import json\njson.loads('?')", "line 1 column 1 (char 0) (mine.py, line 2)."),
    ],
)
def test_a_file_that_fails_says_what_it_raised_and_where(mine, text, message):
    base = mine(text)
    told = refusal(resolve_pointer, "mine.py:make", base)
    assert told.startswith("'mine.py:make': running mine.py raised ")
    assert told.endswith(message)
    assert refusal(resolve_pointer, "mine.py:make", base) == told  # it is not kept half made


def test_a_package_that_fails_is_not_called_missing(mine):
    base = mine("import nowhere_at_all\n", "broken_package/__init__.py")
    assert refusal(resolve_pointer, "broken_package:make", base) == (
        "'broken_package:make': importing 'broken_package' raised ModuleNotFoundError: "
        "No module named 'nowhere_at_all' (__init__.py, line 1)."
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, "args {}: missing a required argument: 'size'. It is make(size, depth=1)."),
        (
            {"size": 1, "deep": 2},
            "args {size = 1, deep = 2}: got an unexpected keyword argument 'deep'. "
            "It is make(size, depth=1).",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_named(mine, args, message):
    # 004-13
    base = mine("def make(size, depth=1): ...\n")
    told = refusal(call_pointer, "mine.py:make", args, base)
    assert told == f"'mine.py:make' cannot be called with {message}"


def test_what_a_factory_raises_is_told_with_its_line(mine):
    base = mine("def make():\n    return {}['a']\nTABLE = 3\n")
    assert refusal(call_pointer, "mine.py:make", {}, base) == (
        "'mine.py:make' raised KeyError: 'a' (mine.py, line 2)."
    )
    assert refusal(call_pointer, "mine.py:TABLE", {}, base) == (
        "'mine.py:TABLE' must be a class or a function. Got a int."
    )


def test_an_error_of_imagette_within_ones_own_code_stays_as_it_is():
    with pytest.raises(DataError, match=r"^no such set$"), told_in_one_line("it raised"):
        raise DataError("no such set")


def test_an_interruption_is_not_the_codes_mistake():
    with pytest.raises(KeyboardInterrupt), told_in_one_line("it raised"):
        raise KeyboardInterrupt


def test_an_exception_without_a_line_of_ones_own_is_told_without():
    assert said(ValueError("wrong.")) == "ValueError: wrong."


def test_the_source_of_what_was_run_is_kept_though_the_file_changes(mine):
    text = "class Net:\n    def __call__(self): ...\ndef make(a=1):\n    return Net()\n"
    base = mine(text)
    net, make = resolve_pointer("mine.py:Net", base), resolve_pointer("mine.py:make", base)
    mine("changed = True\n")
    for thing in (net, make, net(), partial(make, a=2), partial(partial(make))):
        assert source_of(thing) == ("mine.py", text.encode())
    assert source_of_pointer("mine:changed", base) == ("mine.py", b"changed = True\n")


def test_the_source_behind_a_pointer_is_read_and_not_run(mine):
    base = mine("raise ValueError\n")
    assert source_of_pointer("mine.py:make", base) == ("mine.py", b"raise ValueError\n")
    assert source_of_pointer("json:loads")[0] == "__init__.py"
    assert source_of_pointer("math:sqrt") is None


def test_what_was_typed_and_kept_nowhere_has_no_source():
    namespace = {"__name__": "typed"}
    exec("class Net: ...", namespace)
    assert source_of(namespace["Net"]) is None
    assert source_of(3) is None
