import json
from pathlib import Path

import pytest

from imagette.errors import UsageError
from imagette.store.weight_names import left_over, read_names, sources_by_name, sources_by_order

WANTED = {
    "conv1.weight": (8, 1, 5, 5),
    "batchnorm1.weight": (8,),
    "batchnorm1.mean": (8,),
    "linear1.weight": (10, 8),
}
OURS = {name: name for name in WANTED}
TORCH = {
    "0.weight": (8, 1, 5, 5),
    "1.weight": (8,),
    "1.running_mean": (8,),
    "1.num_batches_tracked": (),
    "head.weight": (10, 8),
}
BY_LAYER = {"conv1": "0", "batchnorm1": "1", "linear1": "head"}
FOUND = dict(zip(WANTED, [n for n in TORCH if "num" not in n], strict=True))


def test_equal_names_need_no_map():  # 004-09
    assert sources_by_name(WANTED, WANTED, {}) == OURS


def test_layers_or_weights_may_be_mapped_and_running_means_are_known():
    assert sources_by_name(WANTED, TORCH, BY_LAYER) == FOUND
    by_weight = {**BY_LAYER, "linear1.weight": "head.weight"}
    assert sources_by_name(WANTED, TORCH, by_weight) == FOUND
    assert left_over(TORCH, FOUND.values()) == []


def test_torch_names_of_norms_are_known_without_a_map():
    held = {**WANTED, "batchnorm1.running_mean": (8,)}
    del held["batchnorm1.mean"]
    assert sources_by_name(WANTED, held, {})["batchnorm1.mean"] == "batchnorm1.running_mean"


def test_by_order_all_shapes_must_be_equal():
    assert sources_by_order(WANTED, TORCH, Path("w.pt")) == FOUND


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            {**TORCH, "head.weight": (10, 9)},
            r"weight 4 is linear1.weight \[10, 8\] in the network and head.weight \[10, 9\] in w",
        ),
        (
            dict(
                zip(
                    ["0.weight", "1.running_mean", "1.weight", "head.weight"],
                    WANTED.values(),
                    strict=True,
                )
            ),
            "weight 2 is batchnorm1.weight in the network and 1.running_mean in w.pt, by its name",
        ),
        ({**TORCH, "more": (1,)}, "the network has 4 weights and w.pt has 5"),
    ],
)
def test_by_order_what_is_not_equal_is_named(held, said):
    with pytest.raises(UsageError, match=f"--names order: {said}.*: give a file of names"):
        sources_by_order(WANTED, held, Path("w.pt"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"conv2": "0"}, "the network has no 'conv2'. It has conv1"),
        ({"conv1": "9"}, "the file has no '9.weight'. It has "),
    ],
)
def test_an_entry_that_names_nothing_is_refused(names, said):  # 004-12
    with pytest.raises(UsageError, match=said):
        sources_by_name(WANTED, TORCH, names)


def test_a_map_is_read_from_toml_and_json(tmp_path):
    toml, as_json = tmp_path / "names.toml", tmp_path / "names.json"
    toml.write_text('conv1 = "0"\nresidual1.conv1 = "1.a"\n"linear1.weight" = "head.weight"\n')
    as_json.write_text(
        json.dumps({"conv1": "0", "residual1.conv1": "1.a", "linear1.weight": "head.weight"})
    )
    assert read_names(toml) == read_names(as_json)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("absent.toml", None, "is not there"),
        ("n.toml", "= 3", "cannot be read"),
        ("n.json", "[" * 100_000, "cannot be read"),
        ("n.json", "[1]", "must say what the file calls"),
        ("n.toml", "conv1 = 3", "must say what the file calls"),
        ("n.toml", "", "must say what the file calls"),
    ],
)
def test_a_bad_map_is_one_line(name, text, said, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        read_names(tmp_path / name)
    assert "\n" not in str(caught.value)
