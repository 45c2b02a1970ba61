import numpy as np

from imagette.report.masks import masks_figure


def test_a_row_of_images_stands_above_a_row_of_masks():  # 003-26
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    masks = np.random.default_rng(1).random((3, 4, 4)).astype(np.float32)
    figure = masks_figure(images, ["cat", "dog\nsaid: cat", "$x_1$"], {"conv2, active": masks})
    panels = figure.axes[:6]
    assert [panel.get_title() for panel in panels[:3]] == ["cat", "dog\nsaid: cat", "$x_1$"]
    for panel, image, mask in zip(panels[:3], images, masks, strict=True):
        np.testing.assert_array_equal(panel.images[0].get_array(), image)
        below = panels[panels.index(panel) + 3]
        np.testing.assert_array_equal(below.images[0].get_array(), mask)
        assert below.images[0].get_clim() == (0, 1)
    assert panels[3].get_ylabel() == "conv2, active"
    tops = [panel.get_position().y0 for panel in panels]
    figure.canvas.draw()
    assert tops[0] > tops[3]


def test_several_kinds_of_masks_have_a_row_each():
    images = np.zeros((2, 8, 8, 1), np.uint8)
    one = np.zeros((2, 2, 2), np.float32)
    figure = masks_figure(images, ["a", "b"], {"conv1": one, "gradient": one})
    assert [axes.get_ylabel() for axes in figure.axes[:6:2]] == ["", "conv1", "gradient"]
