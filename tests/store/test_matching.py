import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.store.matching import match_weights

GIVEN = {
    "conv1.weight": np.ones((6, 3, 5, 5), np.float32),
    "linear3.weight": np.ones((10, 84), np.float32),
    "linear3.bias": np.ones(10, np.float32),
}
SAME = {name: array.shape for name, array in GIVEN.items()}
HUNDRED = {**SAME, "linear3.weight": (100, 84), "linear3.bias": (100,)}


def test_weights_that_fit_are_all_taken() -> None:  # 004-09
    taken, drawn = match_weights(SAME, GIVEN)
    assert taken == GIVEN
    assert drawn == ()


def test_a_layer_reset_for_a_new_number_of_classes_is_drawn_anew() -> None:  # 004-09
    taken, drawn = match_weights(HUNDRED, GIVEN, reset=["linear3"])
    assert list(taken) == ["conv1.weight"]
    assert drawn == ("linear3.weight", "linear3.bias")


def test_every_tensor_that_does_not_fit_is_named_with_both_shapes() -> None:  # 004-31
    with pytest.raises(UsageError) as caught:
        match_weights({**HUNDRED, "norm1.mean": (6,)}, {**GIVEN, "linear4.bias": np.ones(2)})
    assert str(caught.value) == (
        "The weights do not fit the network: "
        "linear3.weight is [10, 84] in the weights and [100, 84] in the network; "
        "linear3.bias is [10] in the weights and [100] in the network; "
        "norm1.mean [6] is missing from the weights; "
        "linear4.bias [2] is in the weights alone. "
        "To start these anew: --reset linear3 --reset norm1 --reset linear4"
    )


def test_a_layer_that_was_dropped_can_be_left_out() -> None:
    taken, drawn = match_weights({"conv1.weight": (6, 3, 5, 5)}, GIVEN, reset=["linear3"])
    assert list(taken) == ["conv1.weight"]
    assert drawn == ()


def test_one_weight_of_a_layer_can_be_reset() -> None:
    assert match_weights(SAME, GIVEN, reset=["linear3.bias"])[1] == ("linear3.bias",)


def test_linear3_is_not_linear30() -> None:
    wanted = {"linear3.bias": (1,), "linear30.bias": (1,)}
    given = {name: np.ones(1, np.float32) for name in wanted}
    assert match_weights(wanted, given, reset=["linear3"])[1] == ("linear3.bias",)


def test_resetting_an_unknown_layer_is_refused_with_the_near_miss() -> None:  # 004-12
    with pytest.raises(UsageError) as caught:
        match_weights(SAME, GIVEN, reset=["liner3"])
    assert str(caught.value) == (
        "--reset names no layer of the network. Got 'liner3'. "
        "Did you mean 'linear3'? Choices: conv1, linear3."
    )
