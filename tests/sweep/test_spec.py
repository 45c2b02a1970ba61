import pytest
from pydantic import ValidationError

from imagette.sweep.spec import Sweep


def refusal(**parts):
    with pytest.raises(ValidationError) as caught:
        Sweep(**{"title": "t", "base": {}, **parts})
    return caught.value.errors()[0]["msg"]


def test_a_grid_of_a_million_trials_is_counted_without_making_one():
    grid = {f"network.args.a{i}": list(range(100)) for i in range(3)}
    assert Sweep(title="t", base={}, grid=grid, seeds=10**12).num_trials == 10**18


def test_the_parts_multiply():  # 001-18, 001-36
    sweep = Sweep(
        title="t",
        base={},
        grid={"recipe.batch": [4, 16], "recipe.epochs": [1, 2, 3]},
        pairs={"data.limit": [10, 20], "data.split_seed": [0, 1]},
        variants={"a": {}, "b": {"network.width": 2}},
        ablate={"flip": {"recipe.augment": []}},
        seeds=[3, 5, 8],
    )
    assert sweep.factors == {
        "recipe.batch": 2,
        "recipe.epochs": 3,
        "pairs": 2,
        "variants": 2,
        "ablate": 2,
        "seeds": 3,
    }
    assert sweep.num_trials == 2 * 3 * 2 * 2 * 2 * 3


def test_a_number_of_seeds_counts_from_0():
    assert list(Sweep(title="t", base={}, seeds=5).all_seeds) == [0, 1, 2, 3, 4]
    assert list(Sweep(title="t", base={}, seeds=[7, 3]).all_seeds) == [7, 3]


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [-1], [2**63], "5", True, 2.0, [0.5]])
def test_seeds_that_are_none_are_refused(seeds):
    assert "a number from 1, or a list of different seeds from 0. Got" in refusal(seeds=seeds)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"grid": {"recipe.batch": 16}}, "must be a list of values. Got 16"),
        ({"grid": {"recipe.batch": []}}, "at least 1 item"),
        ({"grid": {"recipe.batch": [4, 4]}}, "'recipe.batch' has 4 2 times: give each value once"),
        ({"grid": {"seed": [1, 2]}}, "say 'seed' as seeds"),
        ({"set": {"run": {"title": "x"}}}, "say 'run.title' as title"),
        ({"variants": {"a": {"run.folder": "x"}}}, "say 'run.folder' in set, for all trials"),
        (
            {"pairs": {"data.limit": [1, 2], "recipe.batch": [1, 2, 3]}},
            "pairs must be lists of one length: 'data.limit' has 2, 'recipe.batch' has 3",
        ),
        (
            {"grid": {"recipe.batch": [4]}, "variants": {"a": {"recipe.batch": 16}}},
            "'recipe.batch' is changed by grid and by variants: by one",
        ),
        (
            {"grid": {"recipe.optimiser.rate": [0.1], "recipe.optimiser": ["sgd"]}},
            "'recipe.optimiser' (in grid) replaces all that 'recipe.optimiser.rate' (in grid) says",
        ),
        (
            {"set": {"recipe.optimiser": "sgd"}, "grid": {"recipe.optimiser.rate": [0.1]}},
            "give its keys one by one, such as 'recipe.optimiser.name'",
        ),
    ],
)
def test_a_sweep_that_contradicts_itself_is_refused(parts, message):
    assert message in refusal(**parts)


def test_variants_may_say_a_table_each_in_its_own_way():
    variants = {"a": {"recipe.optimiser": "adam"}, "b": {"recipe.optimiser.rate": 0.1}}
    assert Sweep(title="t", base={}, variants=variants).num_trials == 2


def test_a_sweep_is_frozen():
    with pytest.raises(ValidationError):
        Sweep(title="t", base={}).title = "other"
