import pytest
from pydantic import ValidationError

from imagette.recipe.sizes import Sizes


def test_each_share_of_the_training_has_its_side():
    growing = Sizes(sides=(24, 28, (32, 40)), shares=(0.3, 0.3, 0.4))
    epochs = [growing.at(epoch / 10) for epoch in range(10)]
    assert epochs == [(24, 24)] * 3 + [(28, 28)] * 3 + [(32, 40)] * 4


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.0,), (0.5, 0.25, 0.25)])
def test_shares_that_do_not_make_a_whole_are_refused(shares):
    with pytest.raises(ValidationError, match=r"one for each side and add up to 1\. Got sides"):
        Sizes(sides=(24, 32), shares=shares)


@pytest.mark.parametrize("side", [0, -3, (32, 0)])
def test_a_picture_of_no_pixels_is_refused(side):
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Sizes(sides=(side, 32), shares=(0.5, 0.5))
