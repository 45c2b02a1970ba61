"""A batch in parts, whose gradients are accumulated: the same on every engine."""

from itertools import pairwise


def parts_of(num_images: int, num_parts: int) -> tuple[slice, ...]:
    """The images of a batch in so many nearly equal parts, in order, as `numpy.array_split` cuts.

    A batch of fewer images than parts has a part for each.

    >>> [(part.start, part.stop) for part in parts_of(10, 4)]
    [(0, 3), (3, 6), (6, 8), (8, 10)]
    """
    num_parts = min(num_images, num_parts)
    size, larger = divmod(num_images, num_parts)
    ends = [number * size + min(number, larger) for number in range(num_parts + 1)]
    return tuple(slice(begin, end) for begin, end in pairwise(ends))
