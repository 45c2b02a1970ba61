"""Which variants nothing beats: none is as accurate for less, nor more accurate for as little."""

from collections.abc import Sequence


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> tuple[bool, ...]:
    """Whether each is on the front: no other is at least as good in both and better in one.

    >>> pareto_front([10, 20, 20, 30], [0.7, 0.9, 0.8, 0.9])
    (True, True, False, False)
    """
    points = list(zip(costs, accuracies, strict=True))
    on_front: dict[tuple[float, float], bool] = {}
    best = float("-inf")
    for cost, accuracy in sorted(set(points), key=lambda point: (point[0], -point[1])):
        on_front[cost, accuracy] = accuracy > best
        best = max(best, accuracy)
    return tuple(on_front[point] for point in points)
