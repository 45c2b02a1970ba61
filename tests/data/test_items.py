import numpy as np
import pytest

from imagette.data.dataset import Dataset
from imagette.data.items import names_within, split_of
from imagette.data.split import Split
from imagette.errors import DataError, UsageError


class Items:
    """A data set of one's own: `count` small images; each test spoils it in a way of its own."""

    def __init__(self, count=300, said=None, spoil=lambda index, item: item):
        self.count, self.said, self.spoil = count, said or count, spoil

    def __len__(self):
        return self.said

    def __getitem__(self, index):
        if index >= self.count:
            raise IndexError("list index out of range")
        return self.spoil(index, (np.full((4, 5), index % 256, np.uint8), index % 2))


def refusal(thing, collate=None, kind=DataError):
    with pytest.raises(kind) as refused:
        split_of(thing, "'mine'", collate)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_every_item_is_read_in_its_order():
    # 004-14
    split = split_of(Items(300), "it")
    assert split.images.shape == (300, 4, 5, 1)
    assert split.images[:, 3, 4, 0].tolist() == [index % 256 for index in range(300)]
    assert split.labels.tolist() == [index % 2 for index in range(300)]


def test_a_data_set_of_torch_and_a_part_of_one_are_read():
    # 004-14
    from torch import arange, float32, zeros
    from torch.utils.data import Subset, TensorDataset

    whole = TensorDataset(zeros(6, 3, 4, 5, dtype=float32), arange(6) % 2)
    assert split_of(whole, "it").images.shape == (6, 4, 5, 3)
    assert split_of(Subset(whole, [1, 2, 3]), "it").labels.tolist() == [1, 0, 1]


def test_collate_is_given_lists_of_items_and_the_last_short_one_is_kept():
    # 004-15
    given = []

    def collate(items):
        given.append(len(items))
        return np.stack([item["x"] for item in items]), [item["y"] for item in items]

    thing = Items(300, spoil=lambda index, item: {"x": item[0], "y": item[1]})
    split = split_of(thing, "it", collate)
    assert given[:2] == [256, 44]
    assert np.array_equal(split.images, split_of(Items(300), "it").images)
    assert split.labels.tolist() == [index % 2 for index in range(300)]


def test_arrays_a_split_and_a_data_set_need_no_items(images):
    pictures, labels = images(6), np.arange(6) % 2
    arrays = split_of((pictures, labels), "it")
    data = Dataset("made", arrays[:4], arrays[4:], ("a", "b"), "digest", "here")
    for thing in (arrays, data):
        again = split_of(thing, "it")
        assert np.array_equal(again.images, pictures)
        assert again.labels.tolist() == labels.tolist()
    assert np.shares_memory(arrays.images, pictures)


def test_fewer_items_than_said_are_told_with_the_line_that_raised():
    # 004-14
    assert refusal(Items(7, said=10)).startswith(
        "'mine' says that it has 10 items, but item 7 raised IndexError: list index out of range "
        "(test_items.py, line "
    )


def test_more_items_than_said_are_left_out_with_a_line(capsys):
    # 004-14
    assert len(split_of(Items(10, said=7), "'mine'")) == 7
    assert capsys.readouterr().err == (
        "imagette: 'mine' says that it has 7 items and gives more, which are unused; past its end, "
        "__getitem__ should raise IndexError\n"
    )


def test_an_honest_length_is_not_remarked(capsys):
    split_of(Items(7), "it")
    assert capsys.readouterr().err == ""


def spoilt_at(index, made):
    return Items(9, spoil=lambda at, item: made(item) if at == index else item)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda item: item[0], "must give (image, label). Got a ndarray. A function of yours"),
        (lambda item: (*item, 0), "must give (image, label). Got 3 values."),
        (lambda item: {"image": item[0]}, "must give (image, label). Got a dict."),
        (lambda item: (item[0] / 100, 0), "holds floats that bytes cannot hold exactly"),
        (lambda item: (item[0], "cat"), "must have a whole number from 0 as its label. Got 'cat'."),
        (
            lambda item: (item[0].T, 0),
            "is 5 x 4 x 1 (height x width x channels), the first 4 x 5 x 1: bring all to one size",
        ),
    ],
)
def test_a_wrong_item_is_named_by_its_index(made, message):
    # 004-14
    told = refusal(spoilt_at(6, made))
    assert told.startswith("Item 6 of 'mine' ")
    assert message in told


def test_what_an_item_raises_is_told_with_its_index_and_line():
    # 004-14
    told = refusal(spoilt_at(6, lambda item: item["image"]), kind=UsageError)
    assert told.startswith("Item 6 of 'mine' raised TypeError: tuple indices must be")
    assert "(test_items.py, line " in told


def test_a_random_item_is_refused_for_its_change_would_be_frozen():
    # 004-14
    count = iter(range(1000))
    thing = spoilt_at(3, lambda item: (item[0] + next(count), 0))
    assert refusal(thing) == (
        "Item 3 of 'mine' changes from one reading to the next: leave random changes to "
        "recipe.augment, or set cache = false."
    )


@pytest.mark.parametrize(
    ("collate", "message"),
    [
        (lambda items: np.zeros((9, 4, 4)), "must give (image, label). Got a ndarray."),
        (lambda items: (np.zeros((8, 4, 4), np.uint8), [0] * 8), "as items, 9. Got 8."),
        (lambda items: (np.zeros((9, 4, 4), np.uint8), [0] * 8), "of the 9 images. Got int64 [8]"),
        (lambda items: (np.zeros((9, 16), np.uint8), [0] * 9), "must be [N,H,W], [N,H,W,C] or"),
    ],
)
def test_a_wrong_batch_names_the_collate_function(collate, message):
    # 004-15
    told = refusal(Items(9), collate)
    assert told.startswith("The collate function of 'mine', given items 0 to 8, ")
    assert message in told


def test_what_a_collate_function_raises_is_told():
    # 004-15
    told = refusal(Items(9), lambda items: items[99], UsageError)
    assert "given items 0 to 8, raised IndexError: list index out of range (test_items" in told


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (3, "__getitem__ and __len__, or arrays (images, labels). Got a int."),
        (Items, "arrays (images, labels). Got the class Items."),
        ([], "'mine' has no items: its __len__ gives 0."),
        ((np.zeros((3, 4), np.uint8), np.zeros(3)), "The images of 'mine' must be [N,H,W]"),
    ],
)
def test_what_is_no_data_set_is_told(thing, message):
    assert message in refusal(thing)


def test_a_length_that_is_none_is_told():
    # 004-14
    told = refusal(Items(said=2.5), kind=UsageError)
    assert told.startswith("len() of 'mine' raised TypeError: 'float' object cannot be")


def test_a_loader_is_told_to_give_its_data_set():
    from torch.utils.data import DataLoader

    assert refusal(DataLoader(Items(9))).endswith("Got a DataLoader. Give its .dataset.")


def test_a_set_too_large_for_memory_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("imagette.data.items.LARGEST_BYTES", 1 << 30)
    assert refusal(Items(300, said=1 << 30)) == (
        "1,073,741,824 images of 4 x 5 x 1 in 'mine' take more than 1 GiB. Make them smaller or "
        "fewer."
    )


def test_class_names_are_found_under_either_word():
    class Named(Items):
        classes = ["cat", "dog"]  # noqa: RUF012

    assert names_within(Named()) == ("cat", "dog")
    assert names_within(Items()) is None
    assert names_within(Split(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, np.int32))) is None
