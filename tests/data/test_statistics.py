import numpy as np

from imagette.data.statistics import channel_statistics, class_counts


def test_statistics_are_those_of_numpy_in_double_precision(images):
    # 003-05
    pictures = images(1500, channels=3)
    found = channel_statistics(pictures)
    scaled = pictures / 255
    assert np.allclose(found.mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-14)
    assert np.allclose(found.deviation, scaled.std(axis=(0, 1, 2)), rtol=1e-13)


def test_the_order_of_images_moves_no_bit(images):
    pictures = images(700)
    assert channel_statistics(pictures) == channel_statistics(pictures[::-1])


def test_full_scale_does_not_overflow():
    white = np.full((600, 8, 8, 1), 255, np.uint8)
    assert channel_statistics(white).mean == (1.0,)
    assert channel_statistics(white).deviation == (0.0,)


def test_classes_without_images_are_counted_as_none():
    assert class_counts(np.array([1, 1], np.int32), 3) == (0, 2, 0)
