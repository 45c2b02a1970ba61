import numpy as np
import pytest

from imagette.data.dataset import Dataset
from imagette.data.split import Split
from imagette.errors import UsageError


@pytest.fixture
def split(images):
    return Split(images(6, channels=3), np.arange(6, dtype=np.int32) % 3)


@pytest.fixture
def data(split):
    return Dataset("made", split[:4], split[4:], ("cat", "car", "plane"), "digest", "here")


def test_an_index_gives_an_image_and_its_label(split):
    # 002-02, 003-03
    image, label = split[4]
    assert (image.dtype, image.shape, type(label), label) == (np.uint8, (4, 5, 3), int, 1)
    assert image[3, 4].tolist() == split.images[4, 3, 4].tolist()
    assert split[-1][1] == split[np.int64(5)][1] == 2


def test_a_split_can_be_walked_through_and_cut(split):
    # 002-02
    assert [label for _, label in split] == [0, 1, 2, 0, 1, 2]
    assert split[1:3].labels.tolist() == [1, 2]


@pytest.mark.parametrize("index", [6, -7])
def test_an_index_past_the_end_is_told(split, index):
    with pytest.raises(IndexError, match=f"A split of 6 images has none at index {index}."):
        split[index]


def test_floats_are_channels_first_from_0_to_1(split):
    # 002-04
    floats = split.floats()
    assert (floats.dtype, floats.shape) == (np.float32, (6, 3, 4, 5))
    assert floats[2, 1, 3, 4] == np.float32(split.images[2, 3, 4, 1]) / np.float32(255)
    whole = Split(np.array([0, 255], np.uint8).reshape(2, 1, 1, 1), np.zeros(2, np.int32))
    assert whole.floats().ravel().tolist() == [0, 1]


def test_floats_equal_those_of_torch(split):
    # 002-04
    import torch

    theirs = torch.from_numpy(split.images).permute(0, 3, 1, 2) / 255
    assert np.array_equal(split.floats(), theirs.numpy())


def test_a_data_set_gives_the_floats_of_a_split(data):
    # 002-04
    assert data.floats().shape == (4, 3, 4, 5)
    assert data.floats("validation").shape == (2, 3, 4, 5)


def test_a_class_has_a_name_and_a_name_its_label(data):
    # 003-04
    assert data.class_name(2) == "plane"
    assert (data.label_of("automobile"), data.label_of("airplane")) == (1, 2)
    with pytest.raises(UsageError, match=r"^Labels of 'made' are from 0 to 2. Got 3.$"):
        data.class_name(3)
    with pytest.raises(UsageError, match=r"^'cta' is not a class. Did you mean 'cat'\?"):
        data.label_of("cta")


def test_a_frame_has_one_row_an_image(data, split):
    # 003-02
    frame = data.frame()
    assert frame.columns == ["split", "index", "label", "class"]
    assert frame.height == 6
    assert frame.row(5) == ("validation", 1, 2, "plane")
    assert frame.filter(split="train")["index"].to_list() == [0, 1, 2, 3]
    assert data.frame(test=split).filter(split="test").height == 6


def test_a_frame_holds_the_pixels_where_asked(data, split):
    # 003-02, 003-08
    assert np.array_equal(data.frame(pixels=True)["image"].to_numpy(), split.images)


def test_a_set_without_validation_has_one_split(split):
    data = Dataset("made", split, split[:0], ("cat", "car", "plane"), "digest", "here")
    assert list(data.splits) == ["train"]
    assert data.frame(pixels=True).height == 6
