import numpy as np
import pytest
from pydantic import ValidationError

from imagette.errors import UsageError
from imagette.network import named, parse, walk
from imagette.recipe.groups import Group, assign, column_rates
from imagette.recipe.optimisers import SGD
from imagette.recipe.recipe import Recipe
from imagette.train.plan import Planner


@pytest.fixture
def graph():
    text = "conv 4 3x3\nbatchnorm\nflatten\nlinear classes"
    return walk(parse(text), (1, 8, 8), 10)


def test_the_first_group_that_matches_takes_a_weight(graph):
    groups = [Group(match="*norm*.bias", rate=64.0), Group(match="*.bias", decay=0.0)]
    found = assign(SGD(decay=0.1), groups, graph)
    assert {name: (one.column, one.decay) for name, one in found.items()} == {
        "conv1.weight": (0, 0.1),
        "conv1.bias": (2, 0.0),
        "batchnorm1.weight": (0, 0.1),
        "batchnorm1.bias": (1, 0.1),
        "linear1.weight": (0, 0.1),
        "linear1.bias": (2, 0.0),
    }


def test_a_step_plan_has_a_column_for_the_rest_and_one_for_each_group(graph):
    groups = [{"match": "*.bias", "rate": 2.0}, {"match": "conv*", "rate": 0.0}]
    recipe = Recipe(epochs=2, batch=10, schedule="cosine", optimiser=SGD(rate=0.1), groups=groups)
    rates = np.concatenate([plan.rates for plan in Planner(graph, recipe, 0, 45).epoch(2)])
    factors = 0.5 * (1 + np.cos(np.pi * np.arange(5, 10) / 10))
    np.testing.assert_allclose(rates, factors[:, None] * [0.1, 0.2, 0.0], rtol=1e-6, atol=1e-9)
    assert rates.dtype == np.float32


def test_without_groups_there_is_the_optimisers_rate_alone():
    assert column_rates(SGD(rate=0.3), ()).tolist() == [np.float32(0.3)]


def test_a_group_that_matches_nothing_is_refused_with_the_nearest_names():
    graph = walk(named("resnet8"), (3, 32, 32), 10)
    with pytest.raises(UsageError) as caught:
        assign(SGD(), [Group(match="batchnorn1.bias")], graph)
    assert str(caught.value).startswith(
        "recipe.groups: a match must be the name of a trainable weight, or a pattern of some. "
        "Got 'batchnorn1.bias'; there are batchnorm1.bias, "
    )


def test_running_statistics_are_no_trainable_weights(graph):
    with pytest.raises(UsageError, match=r"Got '\*\.mean'; there are "):
        assign(SGD(), [Group(match="*.mean")], graph)


def test_a_group_behind_one_that_takes_all_of_it_is_refused(graph):
    with pytest.raises(UsageError, match=r"all that 'conv\*' matches is taken by groups before"):
        assign(SGD(), [Group(match="*"), Group(match="conv*")], graph)


def test_an_optimiser_of_ones_own_has_its_own_groups():
    with pytest.raises(ValidationError, match="groups are for the optimisers of imagette"):
        Recipe(optimiser={"python": "mine.py:sgd"}, groups=[{"match": "*"}])
