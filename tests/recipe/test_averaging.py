import numpy as np
import pytest
from pydantic import ValidationError

from imagette.recipe.averaging import EMA, Lookahead, average_shares
from imagette.recipe.recipe import Recipe

STEPS = np.arange(12)
PROGRESS = STEPS / 12


def test_without_a_rule_no_step_takes_anything():
    assert average_shares(None, STEPS, PROGRESS).tolist() == [0.0] * 12


def test_an_ema_of_every_third_step_forgets_as_one_of_every_step():
    shares = average_shares(EMA(decay=0.9, every=3, warmup=False), STEPS, PROGRESS)
    np.testing.assert_allclose(shares, [0, 0, 1 - 0.9**3] * 4, rtol=1e-6)


def test_warm_up_is_tensorflows():
    # tf.train.ExponentialMovingAverage: min(decay, (1 + num_updates) / (10 + num_updates)).
    shares = average_shares(EMA(decay=0.5), STEPS, PROGRESS)
    expected = [1 - min(0.5, (1 + n) / (10 + n)) for n in STEPS]
    np.testing.assert_allclose(shares, expected, rtol=1e-6)


def test_the_ramp_of_lookahead_is_the_one_of_airbench():
    # arXiv 2404.00498, listing: alpha_schedule = 0.95**5 * (step / total)**3, at steps 5, 10, ...
    share = 1 - 0.95**5
    shares = average_shares(Lookahead(every=5, share=share, ramp=3.0), STEPS, PROGRESS)
    kept = 0.95**5 * (STEPS / 12) ** 3
    np.testing.assert_allclose(shares[[4, 9]], 1 - kept[[4, 9]], rtol=1e-6)
    assert np.flatnonzero(shares).tolist() == [4, 9]


def test_the_word_none_switches_averaging_off():
    assert Recipe(averaging="none").averaging is None
    assert Recipe(averaging={"name": "none"}).averaging is None
    assert Recipe(averaging="ema").averaging == EMA()


@pytest.mark.parametrize(
    "wrong", [{"name": "ema", "decay": 1.0}, {"name": "lookahead", "every": 0}, {"name": "swa"}]
)
def test_a_wrong_rule_is_refused(wrong):
    with pytest.raises(ValidationError):
        Recipe(averaging=wrong)
