"""Where JAX runs, and what must be said to it before it starts."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import jax
from jax._src.xla_bridge import backends_are_initialized  # there is no public way to ask
from jax.errors import JaxRuntimeError
from jaxlib.version import __version__ as jaxlib_version

from imagette.data.places import cache_root
from imagette.errors import UsageError
from imagette.machine import processor_in_words, usable_cores

# Without it these versions sum some arrays wrongly on a processor (jax-ml/jax#39103). For versions
# tried alone: a flag that XLA does not know ends the process.
NEEDED_FLAGS = {"0.10.2": "--xla_cpu_experimental_ynn_fusion_type=-reduce"}

# Of the names that an experiment may give a device: JAX's own.
_PLATFORMS = {"cuda": "gpu", "cpu": "cpu", "tpu": "tpu"}


def begin(threads: int | None) -> None:
    """Tells JAX, before it starts, about its flags, threads, memory and cache of compilations.

    What the user's environment says stands. Raises UsageError if JAX has started without a flag
    that this version needs to compute right.
    """
    needed = NEEDED_FLAGS.get(jaxlib_version, "")
    given = _flags_given()
    has_flag = _has(given, needed)
    if backends_are_initialized():
        if not has_flag:
            raise UsageError(
                f"JAX was started before imagette and without XLA_FLAGS={needed}, without which "
                f"jaxlib {jaxlib_version} computes some sums wrongly: set it before JAX "
                "computes anything, or call imagette first."
            )
        return
    if not has_flag:
        os.environ["XLA_FLAGS"] = f"{given} {needed}".strip()
    if threads:
        os.environ.setdefault("NPROC", str(threads))
    if not any(name.startswith("XLA_PYTHON_CLIENT_") for name in os.environ):
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # take no memory for later
    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
        jax.config.update("jax_compilation_cache_dir", str(cache_root() / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def _flags_given() -> str:
    """The user's XLA_FLAGS; where they name a file, as XLA allows, what is in it."""
    given = os.environ.get("XLA_FLAGS", "").strip()
    if not given or given.startswith("-"):
        return given
    try:
        return " ".join(Path(given).read_text().split())
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            "XLA_FLAGS must be flags that begin with --, or a file of them. "
            f"Got '{given:.60}': mend it, or unset it."
        ) from None


def _has(given: str, needed: str) -> bool:
    """Whether a flag is among those given; a value without what is needed is refused."""
    name, _, part = needed.partition("=")
    flags = [flag for flag in given.split() if flag.partition("=")[0] == name]
    if needed and flags and part not in flags[-1].partition("=")[2].split(","):
        raise UsageError(
            f"jaxlib {jaxlib_version} computes some sums wrongly unless XLA_FLAGS has {needed}. "
            f"Got {flags[-1]}: leave it out, imagette sets it."
        )
    return bool(flags) or not needed


@dataclass(frozen=True)
class Place:
    """A JAX device, its name in words, and what the user should know about the choice."""

    device: jax.Device
    words: str
    notes: tuple[str, ...] = ()


def choose_device(asked: str) -> Place:
    """The device asked for if it is there and works, else the processor, with a note."""
    if asked == "auto":
        return _working(_best())
    platform = _PLATFORMS.get(asked)
    try:
        if platform is None:
            raise RuntimeError
        return _working(jax.devices(platform)[0])
    except RuntimeError:  # JAX finds none
        note = f"device '{asked}' was asked for but JAX finds none: training on the processor"
        return Place(_processor(), _in_words(_processor()), (note,))


def threads_asked(threads: int | None) -> tuple[int, tuple[str, ...]]:
    """How many threads JAX computes with on a processor, and a note if others were asked for."""
    told = os.environ.get("NPROC", "")
    has = int(told) if told.isdecimal() else usable_cores()
    if threads is None or threads == has:
        return has, ()
    return has, (f"{threads} threads were asked for, but JAX has started with {has} already",)


@contextmanager
def working(place: Place) -> Iterator[None]:
    """On this device and in float32, whatever the process has chosen for its own work."""
    with ExitStack() as stack:
        stack.enter_context(jax.default_device(place.device))
        stack.enter_context(jax.enable_x64(False))
        if place.device.platform != "cpu":  # where float32 would mean fewer bits in products
            stack.enter_context(jax.default_matmul_precision("highest"))
        yield


def _best() -> jax.Device:
    try:
        return jax.devices()[0]
    except RuntimeError:  # an accelerator that JAX sees but cannot start
        return _processor()


def _working(device: jax.Device) -> Place:
    """The device, once it has added 1 and 1; else the processor."""
    try:
        with jax.default_device(device):
            jax.numpy.add(1, 1).block_until_ready()
    except (JaxRuntimeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        note = f"JAX finds {device.device_kind} but cannot use it ({reason}): on the processor"
        return Place(_processor(), _in_words(_processor()), (note,))
    return Place(device, _in_words(device))


def _processor() -> jax.Device:
    return jax.devices("cpu")[0]


def _in_words(device: jax.Device) -> str:
    if device.platform == "cpu":
        return processor_in_words()
    return f"{device.device_kind} ({device.platform})"
