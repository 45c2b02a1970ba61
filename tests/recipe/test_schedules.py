import numpy as np
import pytest
import torch

from imagette.recipe.horizon import Horizon, Leg
from imagette.recipe.schedules import (
    Constant,
    Cosine,
    OneCycle,
    Steps,
    rate_factors,
    rising_steps,
)


def factors_of(schedule, epochs, steps_per_epoch, *changes):
    total = epochs * steps_per_epoch
    rising = rising_steps(schedule, total, steps_per_epoch)
    horizon = Horizon.of(total, rising, changes)
    return rate_factors(schedule, np.arange(horizon.num_steps), horizon)


def torch_factors(make, total):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimiser)
    factors = []
    for _ in range(total):
        factors.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return factors


def test_cosine_equals_torchs_at_every_step():
    reference = torch_factors(
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=30, eta_min=0.1), 30
    )
    factors = factors_of(Cosine(final=0.1), 3, 10)
    np.testing.assert_allclose(factors, reference, atol=1e-6)


def test_three_plateaus_last_half_a_quarter_and_a_quarter():  # 001-34
    factors = factors_of(Steps(), 8, 100)
    np.testing.assert_allclose(factors, [1.0] * 400 + [0.1] * 200 + [0.01] * 200)


def test_one_cycle_rises_to_one_and_falls_to_its_end():
    factors = factors_of(OneCycle(start=0.1, peak=0.25, final=0.0), 10, 10)
    assert factors[0] == np.float32(0.1)
    assert factors.argmax() == 25
    assert factors.max() == 1
    assert 0 < factors[-1] < 0.02
    assert (np.diff(factors[:26]) > 0).all()
    assert (np.diff(factors[25:]) < 0).all()


def test_warm_up_rises_by_equal_steps_and_the_schedule_takes_what_remains():
    factors = factors_of(Constant(warmup=1), 2, 4)
    np.testing.assert_allclose(factors, [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])


@pytest.mark.parametrize("schedule", [Constant(), Steps(), Cosine(), OneCycle(), Cosine(warmup=9)])
@pytest.mark.parametrize(("epochs", "steps"), [(0, 5), (1, 1), (3, 7)])
def test_there_is_one_factor_a_step(schedule, epochs, steps):
    factors = factors_of(schedule, epochs, steps)
    assert factors.shape == (epochs * steps,)
    assert factors.dtype == np.float32
    assert np.isfinite(factors).all()


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"shares must be one for each factor and add up to 1"):
        Steps(factors=(1, 0.1), shares=(0.5, 0.6))


def test_a_new_plan_moves_no_factor_behind_it_and_still_ends_at_the_schedules_end():  # 001-33
    whole = factors_of(Cosine(), 10, 10)
    cut = factors_of(Cosine(), 10, 10, Leg(40, 60))
    np.testing.assert_array_equal(cut[:41], whole[:41])
    assert len(cut) == 60
    assert cut[-1] == pytest.approx(0.5 * (1 + np.cos(np.pi * (0.4 + 0.6 * 19 / 20))), abs=1e-6)


def test_plateaus_keep_their_shares_of_the_schedule_in_a_longer_plan():  # 001-34
    factors = factors_of(Steps(), 10, 10, Leg(20, 180))  # a fifth is behind; 160 steps are left
    np.testing.assert_allclose(np.unique(factors, return_counts=True)[1][::-1], [80, 50, 50])


def test_a_new_plan_during_the_warm_up_leaves_it_as_it_was():
    factors = factors_of(Constant(warmup=1), 5, 4, Leg(2, 8))
    np.testing.assert_allclose(factors, [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])


def test_of_two_plans_made_at_one_step_the_later_counts():
    horizon = Horizon.of(100, 0, [Leg(40, 60), Leg(40, 80)])
    assert horizon.legs == (Leg(0, 100), Leg(40, 80))
