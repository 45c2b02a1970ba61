import json

import numpy as np
import pytest
from PIL import Image

from imagette.data.readers.sheets import read_grid, read_rows
from imagette.errors import DataError


def test_a_sheet_has_one_image_a_row(tmp_path, images):
    # 003-01
    made = images(6, 32, 32, 3)
    for number in (0, 1):
        sheet = made[3 * number : 3 * number + 3].reshape(3, 1024, 3)
        Image.fromarray(sheet).save(tmp_path / f"{number}.png")
    (tmp_path / "labels.json").write_text(json.dumps([1, 2, 3, 4, 5, 6]))
    paths = [tmp_path / "0.png", tmp_path / "1.png", tmp_path / "labels.json"]
    found, labels = read_rows(paths, "train")
    assert np.array_equal(found, made)
    assert labels.tolist() == [1, 2, 3, 4, 5, 6]


def test_labels_must_be_as_many_as_images(tmp_path):
    Image.new("RGB", (1024, 2)).save(tmp_path / "a.png")
    (tmp_path / "labels.json").write_text("[1]")
    with pytest.raises(DataError, match=r"labels.json' must have 2 labels. Got 1."):
        read_rows([tmp_path / "a.png", tmp_path / "labels.json"], "train")


def test_a_sheet_of_another_width_or_mode_is_refused(tmp_path):
    Image.new("RGB", (10, 2)).save(tmp_path / "narrow.png")
    Image.new("L", (1024, 2)).save(tmp_path / "grey.png")
    with pytest.raises(DataError, match=r"must be 1,024 pixels wide. Got 10"):
        read_rows([tmp_path / "narrow.png", tmp_path / "labels.json"], "train")
    with pytest.raises(DataError, match=r"must be a PNG of mode RGB. Got L"):
        read_rows([tmp_path / "grey.png", tmp_path / "labels.json"], "train")


def test_in_a_grid_the_classes_take_turns(tmp_path, images):
    made = images(20, 28, 28)
    grid = made.reshape(2, 10, 28, 28).swapaxes(1, 2).reshape(56, 280)
    Image.fromarray(grid).save(tmp_path / "train.png")
    found, labels = read_grid([tmp_path / "train.png"], "train")
    assert np.array_equal(found, made)
    assert labels.tolist() == [*range(10), *range(10)]
