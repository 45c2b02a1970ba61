"""Where JAX runs, and what must be said to it before it starts."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jax
from jax._src.xla_bridge import backends_are_initialized  # there is no public way to ask
from jax.errors import JaxRuntimeError

from imagette.data.places import cache_root
from imagette.engines.with_jax.flags import check_flags, is_given, put_flags
from imagette.engines.with_jax.shards import MOST_SHARDS
from imagette.errors import UsageError
from imagette.machine import processor_in_words, usable_cores

# Of the names that an experiment may give a device: JAX's own.
_PLATFORMS = {"cuda": "gpu", "cpu": "cpu", "tpu": "tpu"}


def begin(threads: int | None) -> None:
    """Tells JAX about its flags, threads, memory and cache of compilations, and starts it.

    What the user's environment says stands. Raises UsageError if JAX has started without a flag
    that this version needs to compute right, for flags that came after its start, and where it
    finds no device.
    """
    if backends_are_initialized():
        check_flags()
    else:
        put_flags()
        if threads:
            os.environ.setdefault("NPROC", str(threads))
        _offer_devices(threads_asked(threads)[0])
        if not any(name.startswith("XLA_PYTHON_CLIENT_") for name in os.environ):
            os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # take no memory for later
        if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]
            _keep_compilations(cache_root() / "jax")
    if _trouble():
        _processor()


def _offer_devices(threads: int) -> None:
    """One for each thread, for shards of a batch, unless the user has said how many.

    Not more: XLA takes as many threads as there are devices on the processor, if not more.
    """
    if is_given("xla_force_host_platform_device_count"):
        return
    if jax.config.jax_num_cpu_devices == -1:  # type: ignore[attr-defined]
        jax.config.update("jax_num_cpu_devices", min(threads, MOST_SHARDS))


def _keep_compilations(folder: Path) -> None:
    """In a folder, if it can be written: JAX would complain of another at every compilation."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


@dataclass(frozen=True)
class Place:
    """A JAX device, its name in words, and what the user should know about the choice."""

    device: jax.Device
    words: str
    notes: tuple[str, ...] = ()


def choose_device(asked: str) -> Place:
    """The device asked for if it is there and works, else the processor, with a note.

    Raises UsageError where JAX may not use the processor either.
    """
    if asked == "auto":
        trouble = _trouble()
        if trouble is None:
            return _working(jax.devices()[0])
        return _on_processor(f"JAX cannot start all that it finds ({trouble}): on the processor")
    platform = _PLATFORMS.get(asked)
    try:
        if platform is None:
            raise RuntimeError
        return _working(jax.devices(platform)[0])
    except RuntimeError:  # JAX finds none
        return _on_processor(
            f"device '{asked}' was asked for but JAX finds none: training on the processor"
        )


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


@cache
def _trouble() -> str | None:
    """Starts JAX; why it could not start all that it found, which it says once, or None."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # the latter where nothing is left to try
        return _first_line(error)
    return None


def _working(device: jax.Device) -> Place:
    """The device, once it has added 1 and 1; else the processor."""
    try:
        with jax.default_device(device):
            jax.numpy.add(1, 1).block_until_ready()
    except (JaxRuntimeError, RuntimeError) as error:
        reason = _first_line(error)
        return _on_processor(
            f"JAX finds {device.device_kind} but cannot use it ({reason}): on the processor"
        )
    return Place(device, _in_words(device))


def _on_processor(note: str) -> Place:
    return Place(_processor(), _in_words(_processor()), (note,))


def _processor() -> jax.Device:
    """Raises UsageError where JAX may not use it, or cannot start at all."""
    try:
        return jax.devices("cpu")[0]
    except (RuntimeError, AssertionError) as error:
        allowed = jax.config.jax_platforms  # type: ignore[attr-defined]
        if not allowed:
            raise UsageError(
                f"JAX does not start ({_first_line(error)}): set JAX_PLATFORMS=cpu to train on "
                "the processor."
            ) from None
        raise UsageError(
            f"JAX finds no device to train on: JAX_PLATFORMS='{allowed}' names none that it can "
            "use, and not the processor. Unset it, or set JAX_PLATFORMS=cpu."
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "it finds no device")


def _in_words(device: jax.Device) -> str:
    if device.platform == "cpu":
        return processor_in_words()
    return f"{device.device_kind} ({device.platform})"
