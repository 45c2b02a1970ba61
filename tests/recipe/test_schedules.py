import numpy as np
import pytest
import torch

from imagette.recipe.schedules import Constant, Cosine, OneCycle, Steps, rate_factors


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
    factors = rate_factors(Cosine(final=0.1), epochs=3, steps_per_epoch=10)
    np.testing.assert_allclose(factors, reference, atol=1e-6)


def test_three_plateaus_last_half_a_quarter_and_a_quarter():  # 001-34
    factors = rate_factors(Steps(), epochs=8, steps_per_epoch=100)
    np.testing.assert_allclose(factors, [1.0] * 400 + [0.1] * 200 + [0.01] * 200)


def test_one_cycle_rises_to_one_and_falls_to_its_end():
    factors = rate_factors(OneCycle(start=0.1, peak=0.25, final=0.0), 10, 10)
    assert factors[0] == np.float32(0.1)
    assert factors.argmax() == 25
    assert factors.max() == 1
    assert 0 < factors[-1] < 0.02
    assert (np.diff(factors[:26]) > 0).all()
    assert (np.diff(factors[25:]) < 0).all()


def test_warm_up_rises_by_equal_steps_and_the_schedule_takes_what_remains():
    factors = rate_factors(Constant(warmup=1), epochs=2, steps_per_epoch=4)
    np.testing.assert_allclose(factors, [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1])


@pytest.mark.parametrize("schedule", [Constant(), Steps(), Cosine(), OneCycle(), Cosine(warmup=9)])
@pytest.mark.parametrize(("epochs", "steps"), [(0, 5), (1, 1), (3, 7)])
def test_there_is_one_factor_a_step(schedule, epochs, steps):
    factors = rate_factors(schedule, epochs, steps)
    assert factors.shape == (epochs * steps,)
    assert factors.dtype == np.float32
    assert np.isfinite(factors).all()


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"shares must be one for each factor and add up to 1"):
        Steps(factors=(1, 0.1), shares=(0.5, 0.6))
