"""Imports point down only, and no file waits for itself: read from the source, lazy ones too."""

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"

# docs/DESIGN: who may import whom. A part imports itself and the lower rows; parts of one row
# do not know each other, but for the ground, the first.
LAYERS = (
    (
        "errors",
        "spec",
        "arrays",
        "problems",
        "words",
        "machine",
        "silence",
        "settings",
        "plain",
        "pointers",
        "notebook",
        "run_spec",
    ),
    ("network", "data", "evaluate"),
    ("recipe",),
    ("engines",),
    ("train", "engines.with_torch", "engines.with_jax", "engines.foreign"),
    ("experiment", "experiments"),
    ("store",),
    ("track", "report", "export"),
    ("run",),
    ("sweep", "leaderboard", "cluster"),
    ("playground",),
    ("cli",),
    ("__init__", "__main__"),
)
RANKS = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

Imports = Mapping[str, set[str]]  # a module of imagette to the modules of imagette it imports


def read_modules(source: Path) -> dict[str, ast.Module]:
    """Every module under `source` by its dotted name; a package by its own name alone."""
    modules = {}
    for path in [*source.rglob("*.py"), *source.rglob("*.pyi")]:
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        if name in modules:  # __init__.py and its __init__.pyi
            tree.body += modules[name].body
        modules[name] = tree
    return modules


def named_imports(name: str, is_package: bool, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """All imports of a module as (module, name taken from it), wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = name.split(".")[: -(node.level - is_package) or None] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((origin, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            literals = (a.value for a in node.args if isinstance(a, ast.Constant))
            yield from ((str(literal), "") for literal in literals)


def imports_within(modules: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    packages = {".".join(name.split(".")[:-1]) for name in modules}
    return {
        name: {
            f"{origin}.{taken}" if f"{origin}.{taken}" in modules else origin
            for origin, taken in named_imports(name, name in packages, tree)
            if origin.split(".")[0] == "imagette"
        }
        for name, tree in modules.items()
    }


def part_of(module: str) -> str:
    """`imagette.engines.with_torch.model` belongs to the part `engines.with_torch`."""
    inner = module.split(".")[1:] or ["__init__"]
    deep = ".".join(inner[:2])
    return deep if deep in RANKS else inner[0]


def upward(imports: Imports) -> list[str]:
    """The imports that do not go down, as sentences."""
    return [
        f"{module} imports {target}"
        for module, targets in sorted(imports.items())
        for target in sorted(targets)
        if not _may_import(part_of(module), part_of(target))
    ]


def _may_import(part: str, target: str) -> bool:
    if not {part, target} <= RANKS.keys():
        return False
    on_the_ground = RANKS[part] == RANKS[target] == 0
    return target == part or on_the_ground or RANKS[target] < RANKS[part]


def cycle(imports: Imports) -> list[str]:
    """A circle of modules, empty if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    return read_modules(SOURCE)


def test_every_part_has_its_place_in_the_order(modules):
    assert {part_of(name) for name in modules} <= set(RANKS)


def test_imports_point_down_only(modules):  # 004-01
    assert upward(imports_within(modules)) == []


def test_no_module_waits_for_itself(modules):
    assert cycle(imports_within(modules)) == []


def test_the_network_needs_nothing_but_the_standard_library(modules):
    allowed = {*sys.stdlib_module_names, "imagette"}
    foreign = {
        (name, origin)
        for name, tree in modules.items()
        if part_of(name) == "network"
        for origin, _ in named_imports(name, False, tree)
        if origin.split(".")[0] not in allowed
    }
    inner = {
        target
        for name, targets in imports_within(modules).items()
        if part_of(name) == "network"
        for target in targets
    }
    assert foreign == set()
    assert {part_of(target) for target in inner} <= {"network", "errors", "notebook"}


MADE_UP = {
    "import imagette.cli.main": "imagette.cli.main",
    "def f():\n    from imagette.run import anything": "imagette.run",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from imagette import store": (
        "imagette.store"
    ),
    "from ..data import spec": "imagette.data.spec",
    "import importlib\nimportlib.import_module('imagette.cli.main')": "imagette.cli.main",
    "from imagette import walk": "imagette",
}


@pytest.mark.parametrize("text", MADE_UP)
def test_a_made_up_upward_import_is_found(modules, text):
    changed = {**modules, "imagette.network.walk": ast.parse(text)}
    assert f"imagette.network.walk imports {MADE_UP[text]}" in upward(imports_within(changed))


def test_a_made_up_import_between_siblings_is_found(modules):
    changed = {
        **modules,
        "imagette.train.loop": ast.parse("import imagette.engines.with_torch"),
        "imagette.engines.with_torch.model": ast.parse("from imagette.train import plan"),
    }
    found = upward(imports_within(changed))
    assert "imagette.train.loop imports imagette.engines.with_torch" in found
    assert "imagette.engines.with_torch.model imports imagette.train.plan" in found


def test_a_made_up_cycle_is_found(modules):
    changed = {
        **modules,
        "imagette.data.one": ast.parse("def f():\n    import imagette.data.two"),
        "imagette.data.two": ast.parse("from imagette.data import one"),
    }
    assert {"imagette.data.one", "imagette.data.two"} <= set(cycle(imports_within(changed)))
