"""Every kind of file that imagette reads, by name."""

from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds import archives, arrays, pictures, runs, sweeps, texts, weights

KINDS: dict[str, Kind] = {
    kind.name: kind
    for part in (arrays, pictures, archives, texts, runs, weights, sweeps)
    for kind in part.KINDS
}
