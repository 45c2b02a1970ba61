import pytest

from imagette.network import cost_table, named, parse, walk
from imagette.network.table import peak_activation_bytes
from imagette.recipe.budget import Budget, broken, limits, model_bytes


def table(name, **args):
    return cost_table(walk(named(name, **args), (3, 32, 32)))


def test_the_named_budget_is_the_courses_250_000_parameters_and_one_hour():  # 001-31, 001-32
    budget = Budget(name="250k-1h")
    assert (budget.parameters, budget.seconds) == (250_000, 3600)
    assert Budget(name="250k-1h", parameters=262_144).parameters == 262_144
    assert Budget(**budget.model_dump()) == budget


@pytest.mark.parametrize(("most", "is_kept"), [(250_000, True), (244_962, True), (244_961, False)])
def test_the_doubled_tutorial_network_is_within_250_000(most, is_kept):  # 001-21, 001-31
    doubled = table("lenet_cifar", conv1=12, conv2=32, linear1=240, linear2=168)
    (limit,) = limits(Budget(parameters=most), doubled)
    assert (limit.has, limit.is_kept) == (244_962, is_kept)


def test_vgg8_is_over_the_budget_and_its_largest_layers_are_named():  # 000-T6
    (line,) = broken(Budget(name="250k-1h"), table("vgg8"))
    assert line == (
        "the network has 551,722 trainable parameters, 301,722 more than budget.parameters = "
        "250,000 allows. Largest: linear1 262,272, conv6 147,584, conv5 73,856. Make them "
        "narrower, or all by network.width below 1."
    )


def test_every_limit_is_told_with_its_own_count():
    graph = walk(named("lenet_cifar"), (3, 32, 32))
    lenet = cost_table(graph)
    budget = Budget(operations=1_314_675, model_bytes=4 * 62_006, activation_bytes=31_103)
    over = list(broken(budget, lenet))
    assert model_bytes(lenet) == 4 * 62_006
    assert peak_activation_bytes(graph) == 31_104
    assert [line.partition(",")[0] for line in over] == [
        "the network has 1",
        "the network has 31",
    ]
    assert "1,314,676 operations an image, 1 more than budget.operations" in over[0]
    assert "Largest: conv1 705,600, conv2 480,000" in over[0]
    assert "31,104 bytes of activations at their peak, 1 more than" in over[1]


def test_a_layer_over_the_budget_alone_is_the_first_named():
    graph = walk(parse("flatten\nlinear 300\nrelu\nlinear classes"), (3, 32, 32))
    (line,) = broken(Budget(parameters=250_000), cost_table(graph))
    assert "Largest: linear1 921,900, linear2 3,010" in line


@pytest.mark.parametrize("wrong", [{"parameters": 0}, {"minutes": 0}, {"minutes": -1.0}])
def test_a_budget_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="greater than 0"):
        Budget(**wrong)
