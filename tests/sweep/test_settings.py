import pytest

from imagette.errors import UsageError
from imagette.experiment import load, resolved
from imagette.sweep.settings import applied, flattened


def test_dotted_keys_and_tables_mean_the_same():
    dotted = {"recipe.optimiser.name": "sgd", "recipe.optimiser.rate": 0.1}
    assert flattened({"recipe": {"optimiser": {"name": "sgd", "rate": 0.1}}}) == dotted
    assert flattened({"recipe.optimiser": {"name": "sgd", "rate": 0.1}}) == dotted
    assert flattened(dotted) == dotted


def test_the_base_is_left_as_it_was():
    base = resolved(load("first_light"))
    before = resolved(load("first_light"))
    applied(base, {"recipe.augment": ["flip"], "network.args.conv1": 4})
    assert base == before


@pytest.mark.parametrize(
    ("settings", "network"),
    [
        ({"network.width": 2}, {"name": "ffnn", "args": {"hidden": 9}, "width": 2}),
        ({"network.args.hidden": 4}, {"name": "ffnn", "args": {"hidden": 4}}),
        ({"network.name": "softmax"}, {"name": "softmax"}),
        ({"network.text": "flatten", "network.width": 2}, {"text": "flatten", "width": 2}),
    ],
)
def test_a_new_network_takes_nothing_from_the_old_one(settings, network):  # 001-22
    base = {"network": {"name": "ffnn", "args": {"hidden": 9}}}
    assert applied(base, settings) == {"network": network}


def test_a_new_optimiser_takes_nothing_from_the_old_one():  # 001-26
    base = {"recipe": {"optimiser": {"name": "sgd", "momentum": 0.9}}}
    assert applied(base, {"recipe.optimiser.name": "adam"}) == {
        "recipe": {"optimiser": {"name": "adam"}}
    }
    assert applied(base, {"recipe.optimiser.rate": 0.1}) == {
        "recipe": {"optimiser": {"name": "sgd", "momentum": 0.9, "rate": 0.1}}
    }


def test_a_setting_reaches_under_a_bare_name_and_under_nothing():
    changed = applied(
        {"recipe": {"loss": "mse"}}, {"recipe.loss.reduction": "sum", "data.limit": 5}
    )
    assert changed == {
        "recipe": {"loss": {"name": "mse", "reduction": "sum"}},
        "data": {"limit": 5},
    }


def test_a_setting_through_what_is_no_table_is_refused():
    with pytest.raises(UsageError) as caught:
        applied({"recipe": {"batch": 4}}, {"recipe.batch.size": 8})
    assert str(caught.value) == (
        "'recipe.batch.size': 'recipe.batch' is not a table, so it has no 'size'."
    )
