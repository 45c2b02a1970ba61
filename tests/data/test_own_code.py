import sys

import numpy as np
import pytest

from imagette.data.cache import is_cached
from imagette.data.dataset import look_at_test, open_data, open_test
from imagette.data.sources import source_of
from imagette.data.spec import DataSpec
from imagette.errors import DataError, UsageError

CODE = """
import numpy as np

print("the code is run")

class Digits:
    classes = ["even", "odd"]

    def __init__(self, count=40, first=0):
        self.count, self.first = count, first

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        image = np.full((4, 5), index + self.first, np.uint8)
        return image, index % 2

def both(count):
    return Digits(count), Digits(10, first=100)

def arrays():
    images = np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((4, 5), np.uint8)
    return (images, np.arange(40) % 3), (images[:9], np.arange(9) % 3)

def collate(items):
    return np.stack([255 - image for image, _ in items]), [label for _, label in items]

def swapped():
    return Digits(), [(np.zeros((5, 4), np.uint8), 0)]

def nothing():
    pass

TABLE = {}
"""


@pytest.fixture
def base(tmp_path, cache, monkeypatch):
    """The experiment's folder with mine.py; the working folder is another."""
    folder = tmp_path / "experiment"
    folder.mkdir()
    (folder / "mine.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return folder


def opened(base, **values):
    return open_data(DataSpec(**values), base=base)


def test_a_class_from_a_file_gives_train_validation_and_test(base):
    # 004-14, 004-04
    data = opened(base, python="mine.py:Digits", validation=0.25)
    test = look_at_test(DataSpec(python="mine.py:Digits"), base=base)
    assert (len(data.train), len(data.validation), len(test)) == (24, 8, 8)
    assert data.class_names == ("even", "odd")
    assert (data.name, data.source) == ("python:mine.py:Digits", "mine.py:Digits")
    assert data.input_shape == (1, 4, 5)


def test_arguments_of_the_experiment_reach_the_object(base):
    # 004-13
    data = opened(base, python="mine:Digits", args={"count": 50, "first": 7}, validation=0)
    assert (len(data.train), data.train.images.min()) == (40, 7)


def test_a_pair_is_train_and_test_and_never_merged(base):
    # 004-14, 000-T1
    spec = DataSpec(python="mine.py:both", args={"count": 20}, validation=0)
    assert len(open_data(spec, base=base).train) == 20
    assert look_at_test(spec, base=base).images.min() == 100


def test_arrays_as_keras_loads_them_are_a_pair_too(base):
    data = opened(base, python="mine.py:arrays", class_names=("a", "b", "c"), validation=0)
    assert (len(data.train), data.class_names) == (40, ("a", "b", "c"))
    assert opened(base, python="mine.py:arrays").class_names == ("0", "1", "2")


def test_ones_own_collate_function_is_used(base):
    # 004-15
    data = opened(base, python="mine.py:Digits", collate="mine.py:collate", validation=0)
    assert data.train.images.min() > 200


def test_a_name_with_its_scheme_says_the_same(base):
    assert DataSpec(name="python:mine.py:Digits") == DataSpec(python="mine.py:Digits")
    assert DataSpec(**DataSpec(python="m:f").model_dump()) == DataSpec(python="m:f")


def test_the_second_time_the_cache_answers_and_no_code_is_run(base, capsys):
    # 004-14
    spec = DataSpec(python="mine.py:Digits")
    first = open_data(spec, base=base)
    assert capsys.readouterr().out == "the code is run\n"
    drop_loaded()
    again = open_data(spec, base=base)
    assert capsys.readouterr().out == ""
    assert np.array_equal(again.train.images, first.train.images)
    assert again.digest == first.digest


def test_a_changed_file_or_argument_is_read_anew(base):
    before = opened(base, python="mine.py:Digits").train.images.max()
    assert opened(base, python="mine.py:Digits", args={"first": 9}).train.images.max() == before + 9
    (base / "mine.py").write_text(CODE.replace("index + self.first", "index + 5"))
    assert opened(base, python="mine.py:Digits").train.images.max() == before + 5


def test_a_copy_within_a_run_finds_the_same_cache(base, tmp_path, capsys):
    opened(base, python="mine.py:Digits")
    copy = tmp_path / "run" / "source"
    copy.mkdir(parents=True)
    (copy / "mine.py").write_text(CODE)
    drop_loaded()
    capsys.readouterr()
    opened(copy, python="mine.py:Digits")
    assert capsys.readouterr().out == ""


def test_without_a_cache_data_stay_in_memory(base):
    # 004-14
    spec = DataSpec(python="mine.py:Digits", cache=False)
    assert len(open_data(spec, base=base).train) == 29
    assert not is_cached(source_of(spec, base).key)


def test_the_test_set_of_ones_own_stays_sealed(base):
    # 000-11
    class Refusing:
        def record(self, dataset, digest):
            raise PermissionError(dataset)

    with pytest.raises(PermissionError, match=r"^python:mine.py:Digits$"):
        open_test(DataSpec(python="mine.py:Digits"), Refusing(), base=base)


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"python": "mine.py:Digit"}, UsageError, "has no 'Digit'. Did you mean 'Digits'?"),
        ({"python": "mine.py:both"}, UsageError, "missing a required argument: 'count'. It is"),
        (
            {"python": "mine.py:Digits", "args": {"cuont": 3}},
            UsageError,
            "'mine.py:Digits' cannot be called with args {cuont = 3}: got an unexpected keyword",
        ),
        (
            {"python": "mine.py:nothing"},
            DataError,
            "'mine.py:nothing' must be an object with __getitem__ and __len__, or arrays",
        ),
        ({"python": "mine.py:TABLE"}, UsageError, "must be a class or a function. Got a dict."),
        (
            {"python": "mine.py:Digits", "collate": "mine.py:TABLE"},
            UsageError,
            "data.collate = 'mine.py:TABLE' must be a function. Got a dict.",
        ),
        (
            {"python": "mine.py:swapped"},
            DataError,
            "Training and test images of 'mine.py:swapped' must be of one shape. "
            "Got [4, 5, 1] and [5, 4, 1].",
        ),
        (
            {"python": "mine.py:Digits", "class_names": ("a", "b", "c")},
            DataError,
            "Every class needs a training image. 'mine.py:Digits' has none for 'c' (label 2).",
        ),
        ({"python": "mien.py:Digits"}, UsageError, "no file 'mien.py' is there."),
    ],
)
def test_a_wrong_factory_gets_one_line(base, values, kind, message):
    # 004-12, 004-14
    with pytest.raises(kind) as refused:
        opened(base, **values)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "mnist", "python": "m:f"}, "give one of name, python. Got 'mnist' and 'm:f'"),
        ({"name": "mnist", "args": {"a": 1}}, "args belongs to data.python"),
        ({"collate": "m:f"}, "collate belongs to data.python"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(values, message):
    # 004-12
    with pytest.raises(ValueError, match=message):
        DataSpec(**values)


def drop_loaded():
    """As in another process: no file is loaded yet."""
    for name in [name for name in sys.modules if name.startswith("mine_")]:
        del sys.modules[name]
