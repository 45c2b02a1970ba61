import pytest

from imagette.data.classes import class_index
from imagette.data.sources import NAMED
from imagette.errors import UsageError

CIFAR = NAMED["cifar10"].class_names


@pytest.mark.parametrize(
    ("word", "index"), [("plane", 0), ("Airplane", 0), ("car", 1), ("truck", 9), ("3", 3)]
)
def test_a_class_is_found_by_name_alias_or_number(word, index):
    # 003-04, 000-01
    assert class_index(CIFAR, word) == index


def test_an_unknown_class_gets_the_near_miss():
    with pytest.raises(UsageError, match=r"^'froog' is not a class. Did you mean 'frog'"):
        class_index(CIFAR, "froog")
