import pytest

from imagette.errors import UsageError
from imagette.experiment import check
from imagette.recipe.initial import Initial


def test_a_bare_name_stands_for_its_table():
    recipe = check({"recipe": {"initial": "dirac"}}, "x").recipe
    assert recipe.initial == Initial(name="dirac", zero_last_norm=False)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            {"initial": "he"},
            "x: 'recipe.initial.name' must be 'default', 'kaiming_normal', 'kaiming_uniform', "
            "'xavier_normal', 'xavier_uniform', 'orthogonal' or 'dirac'. Got 'he'.",
        ),
        ({"initial": {"zero": True}}, "x: unknown key 'recipe.initial.zero'. "),
        ({"whitening": {}}, "x: 'recipe.whitening.layer' must be given."),
        (
            {"whitening": {"layer": "conv1", "epsilon": 0}},
            "x: 'recipe.whitening.epsilon' must be greater than 0. Got 0.",
        ),
    ],
)
def test_wrong_values_get_one_line(recipe, message):
    with pytest.raises(UsageError) as caught:
        check({"recipe": recipe}, "x")
    assert str(caught.value).startswith(message)
