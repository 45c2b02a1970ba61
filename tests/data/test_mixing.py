import numpy as np
import pytest
from pydantic import ValidationError

from imagette.data.beta import beta_cdf, beta_parts
from imagette.data.mixing import CutMix, Mixup
from imagette.engines.random import bits
from imagette.recipe.recipe import Recipe

ORDER = np.arange(20_000, dtype=np.int32)


def draw(purpose, epoch, count):
    return bits(0, purpose, epoch, count)


CLOSED = {
    0.5: lambda x: 2 / np.pi * np.arcsin(np.sqrt(x)),
    1.0: lambda x: x,
    2.0: lambda x: 3 * x**2 - 2 * x**3,
    3.0: lambda x: 10 * x**3 - 15 * x**4 + 6 * x**5,
}


@pytest.mark.parametrize("alpha", CLOSED)
@pytest.mark.parametrize("x", [1e-6, 0.002, 0.1, 0.3, 0.5])
def test_the_distribution_function_is_the_closed_one(alpha, x):
    assert beta_cdf(x, alpha) == pytest.approx(CLOSED[alpha](x), rel=1e-11)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 4.0, 300.0])
def test_draws_have_the_moments_of_the_beta_distribution(alpha):
    parts = beta_parts(draw("beta", 1, 100_000), alpha) / 256
    variance = 1 / (4 * (2 * alpha + 1))
    assert parts.mean() == pytest.approx(0.5, abs=0.006)
    assert parts.var() == pytest.approx(variance, rel=0.02, abs=1e-5)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 7.0, 1000.0])
def test_half_of_any_distribution_lies_below_a_half(alpha):
    assert beta_cdf(0.5, alpha) == pytest.approx(0.5, rel=1e-9)


def test_mixup_is_the_mean_of_two_neighbours_rounded():
    images = np.array([[[[0]]], [[[255]]], [[[10]]]], np.uint8)
    mixed = Mixup().apply(images, np.array([64, 0, 0]))
    exact = [0.25 * 0 + 0.75 * 10, 0.25 * 255 + 0.75 * 0, 0.25 * 10 + 0.75 * 255]
    assert mixed.ravel().tolist() == [round(value + 1e-9) for value in exact]


def test_cutmix_puts_a_rectangle_of_the_neighbour_in_and_weighs_the_areas_left():
    images = np.stack([np.full((4, 6, 1), value, np.uint8) for value in (1, 2)])
    draws = np.array([[0, 2, 3, 6], [0, 0, 0, 0]])
    mixed = CutMix().apply(images, draws)
    assert (mixed[0] == 2).sum() == (mixed[1] == 1).sum() == 6
    assert CutMix().own_share(draws, (4, 6)) == (mixed[0] == 1).mean() == 0.75


def test_the_rectangles_of_cutmix_cover_what_is_not_kept():
    spec = CutMix()
    draws = spec.draw(draw, 1, ORDER, (32, 32))
    height, width = draws[:, 1] - draws[:, 0], draws[:, 3] - draws[:, 2]
    assert draws.min() >= 0
    assert draws.max() <= 32
    inside = (draws[:, ::2] > 0).all(1) & (draws[:, 1::2] < 32).all(1)
    assert np.array_equal(height[inside], width[inside])
    parts = beta_parts(draw("cutmix", 1, len(ORDER)), 1.0)
    side = 32 * np.sqrt(1 - parts[inside] / 256)
    assert (side - height[inside]).min() >= 0
    assert (side - height[inside]).max() < 2


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_a_share_of_the_steps_is_mixed(kind):
    spec = kind(share=0.3)
    rows = spec.draw(draw, 1, ORDER, (32, 32))[:, None]
    mixed = np.mean([spec.own_share(row, (32, 32)) < 1 for row in rows])
    assert mixed == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_an_image_alone_in_its_batch_stays_as_it_is(kind):
    image = np.random.default_rng(0).integers(0, 256, (1, 9, 9, 3)).astype(np.uint8)
    for row in kind().draw(draw, 1, ORDER[:50], (9, 9)):
        np.testing.assert_array_equal(kind().apply(image, row[None]), image)


def test_two_mixings_in_one_recipe_are_refused():
    assert Recipe(augment=["flip", "cutmix"]).mixing == ("1.cutmix", CutMix())
    with pytest.raises(ValidationError, match=r"augment may mix labels once: .* mixup, cutmix;"):
        Recipe(augment=["mixup", "flip", "cutmix"])


@pytest.mark.parametrize("alpha", [0.0, -1.0, 1e9])
def test_an_alpha_without_a_distribution_is_refused(alpha):
    with pytest.raises(ValidationError, match="alpha"):
        Mixup(alpha=alpha)
