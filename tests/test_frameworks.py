"""`import imagette` and its help are light: shown in a fresh interpreter each time."""

import subprocess
import sys

import pytest

FRAMEWORKS = ["flax", "haiku", "jax", "keras", "optax", "tensorflow", "torch"]
PLOTS_AND_TABLES = ["PIL", "jinja2", "matplotlib", "polars", "pooch", "rich"]
HEAVY = [*FRAMEWORKS, *PLOTS_AND_TABLES, "numpy", "pydantic", "safetensors", "typer"]


def loaded(code: str, of: list[str]) -> list[str]:
    """Which modules `of` these are loaded once a new interpreter has run `code`."""
    report = f"import sys\n{code}\nprint('LOADED', *(m for m in {of!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_imagette_loads_nothing_heavy():
    # 000-26
    assert loaded("import imagette", HEAVY) == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_the_top_level_help_loads_only_the_command_line(words):
    code = f"from imagette.cli.main import main\nmain({words!r})"
    assert {*loaded(code, HEAVY)} <= {"pydantic", "typer"}


@pytest.mark.parametrize("command", ["describe", "data", "doctor", "schema", "train"])
def test_the_help_of_a_command_loads_no_framework(command):
    code = f"from imagette.cli.main import main\nassert main([{command!r}, '--help']) == 0"
    assert loaded(code, FRAMEWORKS) == []


def test_this_test_can_fail():
    assert loaded("import imagette, numpy", HEAVY) == ["numpy"]
