import json
import subprocess
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from imagette.store.provenance import environment


def test_the_environment_says_on_what_a_run_was_made() -> None:  # 000-18
    found = environment()
    assert found["numpy"] == version("numpy")
    for package in ("torch", "jax", "jaxlib", "optax"):
        assert found[package] == version(package)
    assert found["cores"] >= 1
    assert found["memory_bytes"] > 2**20
    assert datetime.fromisoformat(found["time"]).utcoffset() is not None
    json.dumps(found, allow_nan=False)


def test_what_cannot_be_found_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert environment()["commit"] is None
    monkeypatch.setenv("PATH", "")
    assert environment()["commit"] is None


def test_the_commit_is_that_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert len(environment()["commit"]) == 40


def test_it_is_found_out_without_loading_a_framework() -> None:
    script = (
        "import sys; from imagette.store.provenance import environment; environment();"
        "sys.exit(bool({'torch', 'jax'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
