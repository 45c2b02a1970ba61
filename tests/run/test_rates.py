import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.rates import range_test

SMALL = ["data.limit=2000", "recipe.batch=50", "engine.threads=1"]


def raised(*settings, **bounds):
    return range_test(load("first_light", [*SMALL, *settings]), **{"steps": 60, **bounds})


def test_the_rates_rise_by_equal_factors_and_the_loss_falls_on_the_way():  # 003-19
    found = raised(low=1e-4, high=0.05)
    factors = np.diff(np.log(found.rates))
    np.testing.assert_allclose(factors, factors[0])
    assert (found.rates[0], found.rates[-1]) == (pytest.approx(1e-4), pytest.approx(0.05))
    assert found.fell
    assert not found.broke
    assert 1e-4 < found.fastest <= found.lowest <= 0.05
    assert min(found.smoothed) == found.smoothed[found.rates.index(found.lowest)]


def test_the_schedule_and_the_rate_of_the_recipe_have_no_part_in_it():
    plain = raised("recipe.schedule=constant", "recipe.optimiser.rate=0.5", high=0.01)
    other = raised("recipe.schedule=cosine", high=0.01)
    np.testing.assert_allclose(plain.losses, other.losses, rtol=1e-3)


def test_a_loss_that_breaks_away_ends_it():
    settings = ('recipe.optimiser={name="sgd"}', "recipe.loss=mse")
    found = raised(*settings, low=1e-3, high=1e6, steps=200)
    assert found.broke
    assert len(found.rates) < 200
    assert np.isfinite(found.losses).all()


def test_rates_at_which_nothing_is_learnt_are_said_to_be_so():
    assert not raised('recipe.optimiser={name="sgd"}', low=1e-9, high=1e-8).fell


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"low": 0.0}, r"^--low must be above 0 and below --high\. Got 0 and 1\."),
        ({"low": 2.0}, r"^--low must be above 0 and below --high\. Got 2 and 1\."),
        ({"steps": 3}, r"^--steps must be at least 20\. Got 3\."),
    ],
)
def test_what_is_no_range_is_refused(bounds, message):
    with pytest.raises(UsageError, match=message):
        raised(**bounds)


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(UsageError, match=r"^recipe\.optimiser\.rate is 0"):
        raised("recipe.optimiser.rate=0.0")
