"""What this machine has for imagette, what is missing, and the command that brings it."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from imagette.data.named import NamedSet
from imagette.data.places import cache_root
from imagette.data.sources import NAMED
from imagette.data.whereabouts import whereabouts
from imagette.errors import UsageError
from imagette.store.ledger import ledgers, state_folder, verify_file
from imagette.store.provenance import environment

# On these the fast path of an engine may depend.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16")

# Nobody who only uses imagette lacks these extras.
UNASKED_EXTRAS = {"dev", "all"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What cannot be read is None, never a guess."""

    system: str
    processor: str | None
    cores: int | None  # that this process may use
    memory_bytes: int | None
    instructions: tuple[str, ...] | None  # those of INSTRUCTIONS that the processor has


@dataclass(frozen=True, slots=True)
class Engine:
    """An installed engine: the devices it finds, and the one that `device = "auto"` takes."""

    name: str
    version: str
    devices: tuple[str, ...]
    takes: str  # a sentence; why it does not load, if it does not


@dataclass(frozen=True, slots=True)
class Folder:
    """Where imagette keeps something, and whether it may write there."""

    purpose: str
    variable: str  # the environment variable that moves it
    path: str | None  # None: not set, and without a default
    writable: bool


@dataclass(frozen=True, slots=True)
class DataSet:
    """A named data set, and where it lies; None if it is not on this machine."""

    name: str
    where: str | None


@dataclass(frozen=True, slots=True)
class OpenedSet:
    """A data set whose test images were opened, and whether the chain of its ledger is whole."""

    ledger: str  # the file
    openings: int
    broken_at: int | None  # the first row, from 1, that does not follow the one before it


@dataclass(frozen=True, slots=True)
class Missing:
    """Something absent, and the command that brings it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that `imagette doctor` says."""

    imagette: str
    python: str
    machine: Machine
    packages: Mapping[str, str]  # of imagette's requirements, extras too: name to version
    engines: tuple[Engine, ...]
    folders: tuple[Folder, ...]
    data_sets: tuple[DataSet, ...]
    ledgers: tuple[OpenedSet, ...]
    missing: tuple[Missing, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def diagnose() -> Diagnosis:
    """Look at the machine; nothing is changed. PyTorch and JAX are loaded if installed.

    >>> diagnose().imagette == metadata.version("imagette")
    True
    """
    run_on = environment()
    wanted = dict(_requirements())
    packages = {name: version for name in wanted if (version := _version(name))}
    return Diagnosis(
        imagette=metadata.version("imagette"),
        python=run_on["python"],
        machine=Machine(
            run_on["platform"],
            run_on["processor"],
            run_on["cores"],
            run_on["memory_bytes"],
            read_instructions(),
        ),
        packages=packages,
        engines=tuple(_engines()),
        folders=_folders(),
        data_sets=tuple(DataSet(name, _where(known)) for name, known in NAMED.items()),
        ledgers=tuple(map(_opened_set, ledgers())),
        missing=tuple(_missing(wanted, packages)),
    )


def read_instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> tuple[str, ...] | None:
    """Which of INSTRUCTIONS the processor has; None where the system has no such file."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return tuple(i for i in INSTRUCTIONS if i in flags[1].split()) if flags else None


def _requirements() -> Iterator[tuple[str, str | None]]:
    """Each package that imagette asks for, with the extra that asks (None: imagette itself)."""
    for line in metadata.requires("imagette") or ():
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra == ['\"](\w+)['\"]", line)
        if name and (extra is None or extra[1] not in UNASKED_EXTRAS):
            yield name[0], extra[1] if extra else None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _missing(wanted: Mapping[str, str | None], packages: Mapping[str, str]) -> Iterator[Missing]:
    for name in wanted.keys() - packages.keys():
        extra = wanted[name]
        brings = f"'imagette[{extra}]'" if extra else "imagette"
        yield Missing(name, f"pip install {brings}")


def _engines() -> Iterator[Engine]:
    """Those that are installed."""
    for name, look in (("torch", _torch), ("jax", _jax)):
        version = _version(name)
        if version:
            yield look(version)


def _torch(version: str) -> Engine:
    try:
        import torch

        from imagette.engines.with_torch.device import choose_device
    except Exception as error:  # a broken installation: CUDA libraries raise what they like
        return Engine("torch", version, (), f"it does not load: {error}")
    cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    mps = ["Apple GPU"] if torch.backends.mps.is_available() else []
    devices = (*(f"cuda ({name})" for name in cuda), *(f"mps ({name})" for name in mps), "cpu")
    return Engine("torch", version, devices, f"takes the {choose_device('auto').words}")


def _jax(version: str) -> Engine:
    try:
        from imagette.engines.with_jax.backend import begin, choose_device

        begin(None)
        import jax

        devices = tuple(f"{device.platform} ({device.device_kind})" for device in jax.devices())
        takes = choose_device("auto").words
    except Exception as error:  # as above; and Optax may be missing
        return Engine("jax", version, (), f"it does not load: {error}")
    return Engine("jax", version, devices, f"takes the {takes}")


def _where(known: NamedSet) -> str | None:
    try:
        return whereabouts(known)
    except UsageError:  # IMAGETTE_DATA names no folder: said among the folders
        return None


def _opened_set(ledger: Path) -> OpenedSet:
    chain = verify_file(ledger)
    return OpenedSet(str(ledger), chain.num_rows, chain.broken_at)


def _folders() -> tuple[Folder, ...]:
    data = os.environ.get("IMAGETTE_DATA")
    return (
        _folder("data", "IMAGETTE_DATA", Path(data) if data else None),
        _folder("cache", "IMAGETTE_CACHE", cache_root()),
        _folder("state", "IMAGETTE_STATE", state_folder()),
    )


def _folder(purpose: str, variable: str, path: Path | None) -> Folder:
    if path is None:
        return Folder(purpose, variable, None, False)
    return Folder(purpose, variable, str(path), _is_writable(path))


def _is_writable(path: Path) -> bool:
    """Of a folder not made yet, whether it could be made."""
    standing = next(place for place in (path, *path.absolute().parents) if place.exists())
    return standing.is_dir() and os.access(standing, os.W_OK | os.X_OK)
