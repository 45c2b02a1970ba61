import numpy as np

from imagette.evaluate.pareto import pareto_front


def test_the_front_is_what_no_other_beats():
    rng = np.random.default_rng(0)
    for _ in range(100):
        costs, accuracies = rng.integers(0, 6, 12).tolist(), rng.integers(0, 6, 12).tolist()
        points = list(zip(costs, accuracies, strict=True))
        beaten = [
            any(c <= cost and a >= right and (c, a) != (cost, right) for c, a in points)
            for cost, right in points
        ]
        assert pareto_front(costs, accuracies) == tuple(not one for one in beaten)


def test_equals_share_their_place():
    assert pareto_front([1, 1, 2], [0.5, 0.5, 0.5]) == (True, True, False)
    assert pareto_front([], []) == ()
