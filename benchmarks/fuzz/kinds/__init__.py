"""Every kind of file that imagette reads, by name."""

from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds import (
    archives,
    arrays,
    first_weights,
    pictures,
    runs,
    sweeps,
    texts,
    weights,
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for part in (arrays, pictures, archives, texts, runs, weights, first_weights, sweeps)
    for kind in part.KINDS
}
