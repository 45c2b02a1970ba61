"""Who is compared: each a module with `measure`, what it needs, and settings to try."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product

from imagette.machine import usable_cores

from .case import Setting

_THREADS = tuple(dict.fromkeys((1, usable_cores())))
_TORCH = tuple(
    Setting(layout, threads, tuned=True) for layout, threads in product(("NHWC", "NCHW"), _THREADS)
)
_THREADS_ALONE = tuple(Setting(threads=threads) for threads in _THREADS)


def _with_bfloat16(settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """These, and those of NHWC once more in bfloat16: in it oneDNN wants that layout."""
    low = (replace(one, precision="bfloat16") for one in settings if one.layout == "NHWC")
    return (*settings, *low)


@dataclass(frozen=True)
class Contender:
    """`settings` are tried for the second comparison, each at its best, beside `SAME`."""

    module: str  # in this package; it has `measure(way, case, setting, dataset)`
    way: str
    packages: tuple[str, ...]  # by the names that pip and import share
    settings: tuple[Setting, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(package for package in self.packages if find_spec(package) is None)

    @property
    def versions(self) -> dict[str, str]:
        return {package: version(package) for package in self.packages}


def _keras(backend: str, settings: tuple[Setting, ...]) -> Contender:
    environment = {"KERAS_BACKEND": backend}
    return Contender("with_keras", "", ("keras", backend), settings, environment)


CONTENDERS: dict[str, Contender] = {
    "imagette-torch": Contender(
        "with_imagette", "torch", ("torch",), _with_bfloat16(_THREADS_ALONE)
    ),
    "imagette-jax": Contender("with_imagette", "jax", ("jax",), _THREADS_ALONE),
    "plain": Contender("with_loop", "loader", ("torch",), _with_bfloat16(_TORCH)),
    "bare": Contender("with_loop", "index", ("torch",), _with_bfloat16(_TORCH)),
    "lightning": Contender("with_lightning", "", ("lightning", "torch"), _with_bfloat16(_TORCH)),
    "skorch": Contender("with_skorch", "", ("skorch", "torch"), _with_bfloat16(_TORCH)),
    # Keras has no fused optimiser to choose. On JAX it takes images as NHWC, its own default.
    "keras-jax": _keras("jax", _with_bfloat16(_THREADS_ALONE)),
    "keras-torch": _keras(
        "torch", _with_bfloat16(tuple(replace(one, tuned=False) for one in _TORCH))
    ),
}
