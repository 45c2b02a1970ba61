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


def asked_roots(data_dir: Path | None) -> tuple[Path, ...]:
    """The folder asked for, then `IMAGETTE_DATA`; UsageError for one that is not a folder."""
    named = [str(data_dir)] if data_dir else []
    if chosen := os.environ.get("IMAGETTE_DATA"):
        named.append(chosen)
    roots = tuple(Path(root).expanduser() for root in named)
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"The data folder must be a folder. Got {str(root)!r}.")
    return roots


def customary_roots() -> tuple[Path, ...]:
    """Where others keep sets: torchvision's usual ./data, Keras, Debian, Hugging Face."""
    hub = Path(os.environ.get("HF_HOME") or Path.home() / ".cache/huggingface") / "hub"
    places = (Path("data"), Path.home() / ".keras/datasets", Path("/usr/share/datasets"), hub)
    return tuple(root for root in places if root.is_dir())


def roots(data_dir: Path | None) -> tuple[Path, ...]:
    """All folders that may hold sets, in the order they are looked through."""
    return (*asked_roots(data_dir), *customary_roots())
