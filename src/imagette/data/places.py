"""Where data may lie on this machine."""

import os
from pathlib import Path

from imagette.errors import UsageError


def cache_root() -> Path:
    """`IMAGETTE_CACHE`, or the customary cache folder of this system (~/.cache/imagette)."""
    if chosen := os.environ.get("IMAGETTE_CACHE"):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("imagette", appauthor=False)


def roots(data_dir: Path | None) -> tuple[Path, ...]:
    """Folders that may hold sets, in the order they are looked through.

    The folder asked for, `IMAGETTE_DATA`, torchvision's customary ./data, Keras' cache, the place
    of Debian's packages, Hugging Face's cache. Raises UsageError where one that the user named is
    not a folder.
    """
    named = [data_dir] if data_dir else []
    if chosen := os.environ.get("IMAGETTE_DATA"):
        named.append(Path(chosen))
    for root in named:
        if not root.expanduser().is_dir():
            raise UsageError(f"The data folder must be a folder. Got {str(root)!r}.")
    customary = [
        Path("data"),
        Path.home() / ".keras/datasets",
        Path("/usr/share/datasets"),
        Path(os.environ.get("HF_HOME") or Path.home() / ".cache/huggingface") / "hub",
    ]
    return tuple(root.expanduser() for root in [*named, *customary] if root.expanduser().is_dir())
