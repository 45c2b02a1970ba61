"""Names of the arrays of any tree, as a checkpoint holds them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from imagette.engines.with_jax.naming import from_arrays, leaves_of, to_arrays, weights_of
from imagette.engines.with_jax.pure import PureNetwork
from imagette.errors import UsageError

TREE = {
    "conv": {"w": np.arange(6, dtype=np.float32).reshape(1, 2, 3)},
    "blocks": [(np.ones(2, np.float32),), np.int32(7)],
    "flag": np.array(True),
}


def network(params, state=None):
    return PureNetwork("'mine.py:net'", "test", params, state or {}, lambda *_: None, "NHWC")


def test_a_name_is_the_path_in_the_tree():
    assert [name for name, _ in leaves_of(TREE)] == ["blocks.0.0", "blocks.1", "conv.w", "flag"]


def test_a_tree_comes_back_as_it_was():  # 000-08
    arrays = to_arrays(TREE)
    assert {value.dtype for value in arrays.values()} == {np.dtype(np.float32)}
    again = from_arrays(TREE, {**arrays, "another": np.ones(1)}, "the network")
    assert jax.tree.structure(again) == jax.tree.structure(TREE)
    for before, after in zip(jax.tree.leaves(TREE), jax.tree.leaves(again), strict=True):
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)


def test_what_is_trained_comes_first_then_the_state():
    found = weights_of(network({"b": np.ones(2, np.float32)}, {"a": np.int32(0)}))
    assert [(w.name, w.shape, w.trainable) for w in found] == [("b", (2,), True), ("a", (), False)]


@pytest.mark.parametrize(
    ("params", "state", "message"),
    [
        (
            {"a": {"w": 1.0}},
            {"a.w": np.ones(1)},
            "'mine.py:net' has two arrays called a.w: a checkpoint needs one name for each, "
            "so call one of them otherwise.",
        ),
        (
            {"w": np.ones(1)},
            {},
            "w of 'mine.py:net' is float64, parameters are float32: make it .astype('float32').",
        ),
        (
            {"n": np.int32(1)},
            {},
            "n of 'mine.py:net' is int32, which no gradient moves: parameters are float32. "
            "Keep it in the network's state, or in its code.",
        ),
        ({"kind": "relu"}, {}, "kind of 'mine.py:net' must be an array. Got a str: 'relu'."),
    ],
)
def test_parameters_that_cannot_be_trained_or_told_apart_are_refused(params, state, message):
    with pytest.raises(UsageError) as caught:
        weights_of(network(params, state))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        (np.int32(2**24 + 1), "n holds values that float32 cannot: keep it as float32."),
        (np.float64(0.1), "n holds values that float32 cannot: keep it as float32."),
        ("key", "n is a random key: draw from the key that the network is given."),
    ],
)
def test_state_that_a_checkpoint_cannot_hold_is_refused(leaf, message):
    with pytest.raises(UsageError) as caught:
        to_arrays({"n": jax.random.key(0) if isinstance(leaf, str) else leaf})
    assert str(caught.value) == message


def test_what_is_not_a_number_is_held():
    value = np.array([np.nan, np.inf, 1], np.float32)
    np.testing.assert_array_equal(to_arrays({"x": value})["x"], value)


def test_weights_that_do_not_fit_are_told_all_at_once():  # 004-31
    given = {"conv.w": np.ones((2, 3), np.float32), "conv_1.w": np.ones(1, np.float32)}
    like = {"conv": {"w": jnp.ones((1, 2, 3))}, "gain": jnp.ones(2)}
    with pytest.raises(UsageError) as caught:
        from_arrays(like, given, "'mine.py:net'")
    assert str(caught.value) == (
        "The weights do not fit 'mine.py:net': conv.w is [2, 3] in the weights and [1, 2, 3] in "
        "the network; gain [2] is missing from the weights. Weights of other names: conv_1.w. "
        "The code must give the same names and shapes at every start."
    )
