"""No test reads or writes the user's own cache, state or data, but those that ask for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from imagette.data.places import cache_root

# No test asserts a time, and a loaded machine is no failure.
settings.register_profile("imagette", deadline=None)
settings.load_profile("imagette")

REAL_CACHE = Path(os.environ.get("IMAGETTE_TEST_CACHE") or cache_root())


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("imagette")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "STATE", "DATA"):
            folder = root / name.lower()
            folder.mkdir()
            patch.setenv(f"IMAGETTE_{name}", str(folder))
        yield


@pytest.fixture
def real_cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that holds, or will hold, the real sets (`IMAGETTE_TEST_CACHE` moves it)."""
    monkeypatch.setenv("IMAGETTE_CACHE", str(REAL_CACHE))
    return REAL_CACHE
