"""How much a compressed file may unfold to: what keeps a small file from filling the machine."""

from pathlib import Path

from imagette.data.raw import LARGEST_BYTES

FREE_BYTES = 64 << 20
"""What any file may unfold to."""

MOST_TIMES = 100
"""Beyond that, so many times its own size: pictures shrink to a third, or a tenth of it."""


def most_unfolded(path: Path, largest: int = LARGEST_BYTES) -> int:
    """Bytes that the file may unfold to; more is taken to be a bomb, and refused.

    >>> most_unfolded(Path(__file__)) == FREE_BYTES
    True
    """
    return min(largest, max(FREE_BYTES, MOST_TIMES * path.stat().st_size))
