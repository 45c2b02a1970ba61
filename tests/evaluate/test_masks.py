import numpy as np

from imagette.evaluate.masks import activation_masks, saliency_masks


def test_a_mask_is_the_positive_part_summed_over_channels_over_its_maximum():  # 003-25
    activations = np.random.default_rng(0).normal(size=(5, 3, 4, 6)).astype(np.float32)
    for mask, one in zip(activation_masks(activations), activations, strict=True):
        by_hand = [
            [sum(max(float(v), 0) for v in one[:, r, c]) for c in range(6)] for r in range(4)
        ]
        np.testing.assert_allclose(mask, np.array(by_hand) / np.max(by_hand), rtol=1e-6)


def test_where_nothing_is_active_the_mask_is_0():  # 003-25, 003-T5
    masks = activation_masks(np.array([[[[-1.0, -2.0]]], [[[0.0, 3.0]]]], np.float32))
    assert masks.tolist() == [[[0, 0]], [[0, 1]]]


def test_saliency_is_the_largest_slope_of_a_pixels_channels():
    gradients = np.array([[[[1.0, -4.0]], [[-2.0, 3.0]]]], np.float32)
    assert saliency_masks(gradients).tolist() == [[[0.5, 1.0]]]
    assert saliency_masks(0 * gradients).tolist() == [[[0, 0]]]
