import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.evaluate.ensemble import Answers, ensemble
from imagette.evaluate.metrics import interval

RNG = np.random.default_rng(0)
N, K = 200, 10
LABELS = RNG.integers(0, K, N).astype(np.int32)
DIGESTS = RNG.integers(0, 256, (N, 32)).astype(np.uint8)


def answers(seed, rows=slice(None), digests=DIGESTS):
    noise = np.random.default_rng(seed).normal(size=(N, K))
    logits = (noise + 1.5 * np.eye(K)[LABELS]).astype(np.float32)
    return Answers(digests[rows], LABELS[rows], logits[rows])


def mean_probabilities(*logits):
    """In plain loops, as a textbook writes it."""
    shares = [[np.exp(row) / sum(np.exp(row)) for row in one.astype(np.float64)] for one in logits]
    return [sum(rows) / len(rows) for rows in zip(*shares, strict=True)]


def test_the_mean_probability_decides():  # 000-25
    three = [answers(seed) for seed in range(3)]
    found = ensemble([(str(seed), one) for seed, one in enumerate(three)])
    predicted = np.argmax(mean_probabilities(*(one.logits for one in three)), axis=1)
    right = int((predicted == LABELS).sum())
    assert (found.accuracy, found.n, found.interval) == (right / N, N, interval(right, N))
    assert found.members == tuple(
        (str(seed), (one.logits.argmax(1) == LABELS).mean()) for seed, one in enumerate(three)
    )
    assert found.accuracy > max(accuracy for _, accuracy in found.members)


def test_only_images_that_all_share_count_in_whatever_order_they_lie():
    shuffled = np.random.default_rng(1).permutation(N)
    some, whole = shuffled[:150], np.arange(N)
    found = ensemble([("a", answers(0, some)), ("b", answers(1, whole)), ("c", answers(2, whole))])
    same = ensemble([(name, answers(seed, np.sort(some))) for seed, name in enumerate("abc")])
    assert found.n == 150
    assert found == same


def test_equal_pictures_of_equal_sets_are_all_counted():
    twice = DIGESTS.copy()
    twice[1] = twice[0]
    found = ensemble([(name, answers(seed, digests=twice)) for seed, name in enumerate("ab")])
    assert found.n == N


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([], r"^An ensemble needs two runs or more\. Got 1\.$"),
        ([answers(1, digests=255 - DIGESTS)], r"^An ensemble needs images .*\. a, b share none\.$"),
        (
            [Answers(DIGESTS, LABELS, np.zeros((N, 3), np.float32))],
            r"^An ensemble needs runs of the same classes\. Got 10 in a, 3 in b\.$",
        ),
        (
            [Answers(DIGESTS, (LABELS + 1) % K, np.zeros((N, K), np.float32))],
            r"^a and b give the same images other labels\.$",
        ),
    ],
)
def test_runs_that_cannot_be_one_are_refused_in_one_line(others, message):
    named = zip("abc", [answers(0), *others], strict=False)
    with pytest.raises(UsageError, match=message):
        ensemble(list(named))
