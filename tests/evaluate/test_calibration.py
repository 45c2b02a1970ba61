import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.evaluate.calibration import calibration
from imagette.evaluate.predictions import Predictions


def error_by_hand(seen: Predictions, bins: int) -> float:
    """Image by image, in plain Python: the definition and nothing else."""
    inside: dict[int, list[tuple[float, bool]]] = {}
    for logits, label in zip(seen.logits.astype(float), seen.labels, strict=True):
        powers = [np.exp(one - max(logits)) for one in logits]
        sure = max(powers) / sum(powers)
        number = next(b for b in range(bins) if sure <= (b + 1) / bins or b == bins - 1)
        inside.setdefault(number, []).append((sure, int(logits.argmax()) == label))
    apart = (abs(sum(right - sure for sure, right in rows)) for rows in inside.values())
    return sum(apart) / len(seen.labels)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_expected_error_is_its_definition(twenty, bins):
    found = calibration(twenty, bins)
    assert found.expected_error == pytest.approx(error_by_hand(twenty, bins), abs=1e-12)


def test_every_image_is_in_one_bin_and_lies_within_it(twenty):
    found = calibration(twenty)
    assert found.n == 500
    for one in found.bins:
        if one.confidence is not None and one.accuracy is not None:
            assert one.low < one.confidence <= one.high
            assert one.interval[0] <= one.accuracy <= one.interval[1]


def test_a_network_that_is_always_sure_and_right_is_calibrated():
    logits = np.float32(1000) * np.eye(3, dtype=np.float32)
    found = calibration(Predictions(logits, np.array([0, 1, 2], np.int32)))
    assert (found.expected_error, found.bins[-1].n) == (0.0, 3)
    assert found.bins[0].accuracy is None


def test_one_that_is_always_sure_and_half_right_is_half_wrong():
    logits = np.float32(1000) * np.eye(2, dtype=np.float32)
    found = calibration(Predictions(logits, np.array([0, 0], np.int32)))
    assert found.expected_error == pytest.approx(0.5)
    assert (found.confidence, found.accuracy) == (1.0, 0.5)


def test_no_bins_are_refused(twenty):
    with pytest.raises(UsageError, match=r"^A calibration needs at least 1 bin\. Got 0\.$"):
        calibration(twenty, 0)
