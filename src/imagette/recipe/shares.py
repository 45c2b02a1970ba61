"""Parts of a training: each a share of it, and together the whole."""

from collections.abc import Sequence


def check_shares(shares: Sequence[float], values: Sequence[object], one: str) -> None:
    """Refuse shares that are not one for each value, or do not add up to 1.

    `one` is what a single value is called.
    """
    if len(values) != len(shares) or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(
            f"shares must be one for each {one} and add up to 1. Got {one}s {values} "
            f"and shares {shares}"
        )
