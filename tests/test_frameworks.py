"""`import imagette` and its help are light: shown in a fresh interpreter each time."""

import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("command", ["describe", "data", "doctor", "parity", "schema", "train"])
def test_the_help_of_a_command_loads_no_framework(command):
    code = f"from imagette.cli.main import main\nassert main([{command!r}, '--help']) == 0"
    assert loaded(code, FRAMEWORKS) == []


@pytest.mark.parametrize(("engine", "absent"), [("torch", "jax"), ("jax", "torch")])
def test_an_engine_trains_where_the_other_is_absent(engine, absent, tmp_path):  # 000-26
    words = ["train", "--engine", engine, "--out", str(tmp_path / "run")]
    for setting in ("recipe.epochs=1", "data.limit=64", "engine.threads=1"):
        words += ["--set", setting]
    code = (
        "import imagette, sys\n"
        f"for name in ({absent!r}, 'optax' if {absent!r} == 'jax' else 'torch'):\n"
        "    sys.modules[name] = None\n"
        f"from imagette.cli.main import main\nassert main({words!r}) == 0"
    )
    assert engine in loaded(code, ["torch", "jax"])
    assert (tmp_path / "run" / "finished.json").exists()


def test_no_extra_brings_tensorflow():  # 000-17
    told = (Path(__file__).parents[1] / "constraints.txt").read_text()
    pinned = {line.split("==")[0] for line in told.splitlines() if "==" in line}
    assert {"torch", "jax", "numpy"} <= pinned
    assert not [name for name in pinned if "tensorflow" in name or name == "tf-nightly"]


def test_this_test_can_fail():
    assert loaded("import imagette, numpy", HEAVY) == ["numpy"]
