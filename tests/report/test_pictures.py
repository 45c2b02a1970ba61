import numpy as np

from imagette.report.pictures import examples_by_class, labelled_grid


def test_each_picture_stands_under_its_label():
    # 002-03, 000-27
    images = np.zeros((3, 4, 5, 3), np.uint8)
    figure = labelled_grid(images, ["cat", "dog", "a very long class name\n"], columns=2)
    panels = figure.axes
    assert [panel.get_title() for panel in panels[:3]] == ["cat", "dog", "a very long c…"]
    assert [len(panel.images) for panel in panels] == [1, 1, 1, 0]


def test_grey_runs_from_0_black_to_255_white():
    # 002-04
    image = np.array([[[[7]], [[9]]]], np.uint8)
    (drawn,) = labelled_grid(image, ["x"]).axes[0].images
    assert drawn.get_clim() == (0, 255)
    assert drawn.to_rgba(255) == (1, 1, 1, 1)


def test_examples_come_class_by_class():
    labels = np.array([1, 0, 1, 1, 0], np.int32)
    assert examples_by_class(labels, classes=3, columns=2) == [1, 4, 0, 2]
