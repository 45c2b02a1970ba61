"""Equal pictures on two sides of a cut."""

from imagette.data.digests import Digests


def equal_pictures(one: Digests, other: Digests) -> list[tuple[int, int]]:
    """Pairs (index in `one`, index in `other`) of pictures equal in every pixel, in order.

    Each picture of `other` is paired with its first equal in `one` alone.

    >>> import numpy as np
    >>> a, b = np.zeros((1, 32), np.uint8), np.ones((1, 32), np.uint8)
    >>> equal_pictures(np.concatenate([a, b]), b)
    [(1, 0)]
    """
    first: dict[bytes, int] = {}
    for index, digest in enumerate(one):
        first.setdefault(digest.tobytes(), index)
    pairs = ((first.get(digest.tobytes()), index) for index, digest in enumerate(other))
    return [(found, index) for found, index in pairs if found is not None]
