"""The house's measures: small files, small functions, no rag-bag modules, no skipped test."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
NAMELESS = {"utils", "util", "common", "misc", "helpers", "helper", "tools"}
EVASIONS = {"skip", "skipif", "importorskip", "xfail"}

FILES = [
    path
    for folder in ("src", "tests", "scripts", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def long_functions(text: str) -> list[str]:
    functions = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [
        function.name
        for function in functions
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]


def evasions(text: str) -> set[str]:
    """The words by which pytest leaves a test out, where they are called or used as a mark."""
    words = (node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute))
    return EVASIONS.intersection(words)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_its_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert long_functions(text) == []


def test_every_module_is_named_for_its_idea():
    assert [path for path in FILES if NAMELESS & {path.stem, path.parent.name}] == []


def test_no_test_is_skipped():
    tests = (path for path in FILES if path.is_relative_to(ROOT / "tests"))
    found = {path.name: evasions(path.read_text(encoding="utf-8")) for path in tests}
    assert {name: words for name, words in found.items() if words} == {}


def parts_without_tests(source: Path, tests: Path) -> set[str]:
    """The packages right below `source` that have no test in a folder of the same name."""
    parts = {path.relative_to(source).parts[0] for path in source.glob("*/**/*.py")}
    tested = {
        path.relative_to(tests).parts[0]
        for path in tests.glob("*/**/test_*.py")
        if "\ndef test_" in path.read_text(encoding="utf-8")
    }
    return parts - tested


def test_every_part_has_tests_in_a_folder_of_its_name():  # 004-43
    # What is shipped in experiments is held by test_experiment.py and test_sources.py.
    assert parts_without_tests(ROOT / "src" / "imagette", ROOT / "tests") == {"experiments"}


def test_a_part_whose_tests_are_empty_has_none(tmp_path):  # 004-43
    for name in ("one", "two", "three"):
        for path in (tmp_path / "src" / name / "a.py", tmp_path / "tests" / name / "test_a.py"):
            path.parent.mkdir(parents=True)
            path.write_text('"""Nothing yet."""\n')
    (tmp_path / "tests" / "one" / "test_a.py").write_text("import one\n\n\ndef test_it(): ...\n")
    (tmp_path / "tests" / "two" / "test_a.py").unlink()
    assert parts_without_tests(tmp_path / "src", tmp_path / "tests") == {"two", "three"}


def test_the_measures_can_fail():
    long = "def long():\n" + "    x = 1\n" * LONGEST_FUNCTION
    assert long_functions(long) == ["long"]
    assert evasions("import pytest\n@pytest.mark.skip\ndef test(): ...") == {"skip"}
