import numpy as np

from imagette.run.stillness import stillness, unmoved

BEFORE = {name: np.zeros(3, np.float32) for name in ("a.weight", "a.bias", "b.weight", "b.bias")}


def after(*moved):
    return BEFORE | {name: np.float32([0, 0, 1e-30]) for name in moved}


def test_a_weight_that_moved_anywhere_moved():  # 003-T1
    assert unmoved(BEFORE, after("a.weight", "b.weight", "b.bias"), list(BEFORE)) == ()


def test_weights_that_did_not_move_are_named():  # 003-T1
    still = unmoved(BEFORE, after("b.weight", "b.bias"), list(BEFORE))
    assert still == ("a.weight", "a.bias")
    text = stillness(still, list(BEFORE), "epoch 1", 0.03)
    assert text == (
        "a.weight, a.bias did not move in epoch 1: no gradient arrives there, as behind units that "
        "are all 0 or a detach(), or no optimiser holds it. Lower recipe.optimiser.rate, or mend "
        "the code"
    )


def test_a_kernel_without_gradient_is_named_though_its_bias_moved():
    assert unmoved(BEFORE, after("a.bias", "b.weight", "b.bias"), list(BEFORE)) == ("a.weight",)


def test_a_bias_before_a_norm_is_no_mistake():
    assert unmoved(BEFORE, after("a.weight", "b.weight", "b.bias"), list(BEFORE)) == ()


def test_weights_that_are_not_trainable_may_stay():
    assert unmoved(BEFORE, after("a.weight"), ["a.weight"]) == ()


def test_a_step_that_is_never_taken_is_named():  # 003-T1
    text = stillness(list(BEFORE), list(BEFORE), "epochs 1 to 3", 0.03)
    assert text == (
        "no weight moved in epochs 1 to 3: the step is not taken (an update that forgets step()), "
        "or is lost in rounding at recipe.optimiser.rate = 0.03"
    )


def test_a_rate_of_zero_is_named():
    text = stillness(list(BEFORE), list(BEFORE), "epoch 1", 0.0)
    assert text == "no weight moved in epoch 1: recipe.optimiser.rate is 0, set it above"


def test_of_many_names_the_first_are_told():
    names = [f"conv{n}.weight" for n in range(1, 8)]
    text = stillness(names[:5], names, "epoch 1", 0.1)
    assert text.startswith("conv1.weight, conv2.weight, conv3.weight and 2 more did not move in")


def test_nothing_is_said_where_all_moved():
    assert stillness([], ["a.weight"], "epoch 1", 0.1) is None
