"""Numbers of operations as text."""

from collections.abc import Sequence


def operations_text(operations: int, uncounted: Sequence[str]) -> str:
    """The number, which is a lower bound where parts of the network are not counted.

    >>> operations_text(1234, []), operations_text(1234, ["fft"])
    ('1,234', '≥ 1,234')
    """
    return f"{'≥ ' * bool(uncounted)}{operations:,}"
