"""The flags that XLA reads once, as JAX starts: what this version needs, what comes too late."""

import os
import subprocess
import sys
from pathlib import Path

from jaxlib import xla_client
from jaxlib.version import __version__ as jaxlib_version

from imagette.errors import UsageError

# Without it these versions sum some arrays wrongly on a processor (jax-ml/jax#39103). For versions
# tried alone: a flag that XLA does not know ends the process.
NEEDED_FLAGS = {"0.10.2": "--xla_cpu_experimental_ynn_fusion_type=-reduce"}

VARIABLE = "XLA_FLAGS"

_told: list[str] = []  # what the variable said, where imagette saw JAX start or found it started

_PRINT_OPTIONS = """
from imagette.engines.with_jax.flags import options_read
print(options_read())
"""


def put_flags() -> None:
    """Before JAX starts: adds the flag that this version needs to those of the user's."""
    needed = NEEDED_FLAGS.get(jaxlib_version, "")
    given = _given()
    if not _has(given, needed):
        os.environ[VARIABLE] = f"{given} {needed}".strip()
    _told[:] = [os.environ.get(VARIABLE, "")]


def check_flags() -> None:
    """After JAX started: raises UsageError if it did without the flags that there are now."""
    needed = NEEDED_FLAGS.get(jaxlib_version, "")
    now = os.environ.get(VARIABLE, "")
    if not _has(_given(), needed):
        raise UsageError(
            f"JAX was started before imagette and without XLA_FLAGS={needed}, without which "
            f"jaxlib {jaxlib_version} computes some sums wrongly: set it before JAX "
            "computes anything, or call imagette first."
        )
    if now not in _told and (_told or not _was_read(now)):
        raise UsageError(
            f"XLA_FLAGS={now:.80} came after JAX had started, which reads flags once: set them "
            "before JAX computes anything, in a new process."
        )
    _told[:] = [now]


def options_read() -> str:
    """All that XLA's flags set, as this process has read them."""
    options = xla_client.CompileOptions()
    _ = options.executable_build_options.debug_options  # which fills them in
    read: bytes = options.SerializeAsString()
    return read.hex()


def is_given(flag: str) -> bool:
    """Whether the user's flags, or the file that they name, have this one."""
    return any(given.partition("=")[0] == f"--{flag}" for given in _given().split())


def _was_read(now: str) -> bool:
    """Whether JAX, which others started, has read these flags.

    They were there when the process began, or a process that begins with them has equal options.
    """
    if now == _at_the_beginning():
        return True
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_OPTIONS], capture_output=True, text=True, check=False
    )
    return done.returncode == 0 and done.stdout.split()[-1:] == [options_read()]


def _at_the_beginning() -> str | None:
    """What the variable said when the process began; None where the system does not tell."""
    try:
        pairs = Path("/proc/self/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    known = dict(pair.decode(errors="replace").partition("=")[::2] for pair in pairs)
    return known.get(VARIABLE, "")


def _given() -> str:
    """The user's XLA_FLAGS; where they name a file, as XLA allows, what is in it."""
    given = os.environ.get(VARIABLE, "").strip()
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
