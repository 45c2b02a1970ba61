import pytest

from imagette.errors import UsageError
from imagette.network import parse, walk
from imagette.recipe.sizes import Sizes
from imagette.run.sizes import sized_graphs

GLOBAL = "conv 4 3x3\nrelu\nmean\nlinear classes"


def sized(text, *sides, shape=(1, 28, 28)):
    sizes = Sizes(sides=sides, shares=(1 / len(sides),) * len(sides))
    network = parse(text)
    return sized_graphs(sizes, walk(network, shape, 10), lambda new: walk(network, new, 10))


def test_a_network_that_ends_in_a_mean_has_the_same_weights_at_every_size():
    graphs = sized(GLOBAL, 20, 28)
    assert [graph.input_shape for graph in graphs.values()] == [(1, 20, 20), (1, 28, 28)]
    assert len({graph.parameters for graph in graphs.values()}) == 1


def test_a_network_that_flattens_is_refused_before_training_naming_layer_and_remedy(
    experiment, trained, tmp_path
):
    sizes = {"sides": [20, 28], "shares": [0.5, 0.5]}
    with pytest.raises(UsageError) as caught:
        trained(experiment(recipe={"sizes": sizes}))
    assert str(caught.value) == (
        "recipe.sizes: linear1 would have weights [10, 256] at 20 x 20, but has [10, 576] at "
        "28 x 28: put mean (or another global pooling) before it in place of flatten, or leave "
        "recipe.sizes out."
    )
    assert not (tmp_path / "runs").exists()


def test_a_size_more_than_four_times_the_pictures_is_refused():
    assert len(sized(GLOBAL, 112, 28)) == 2
    with pytest.raises(UsageError, match=r"at most 4 times .* 28 x 28 .*\. Got 113 x 113\.$"):
        sized(GLOBAL, 113, 28)


def test_a_size_at_which_the_network_cannot_be_is_refused():
    with pytest.raises(UsageError, match=r"^recipe.sizes: at 2 x 2 the network cannot be: line 1"):
        sized(GLOBAL, 2, 28)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_epochs_have_their_sizes_and_evaluation_the_full_one(experiment, trained, name):
    sizes = {"sides": [14, [28, 28]], "shares": [0.5, 0.5]}
    network = {"text": "conv 4 3x3\nrelu\nbatchnorm\nmean\nlinear classes"}
    ended = trained(experiment(network=network, recipe={"sizes": sizes}, engine={"name": name}))
    planner, graph = ended.prepared.planner, ended.prepared.graph
    seen = [next(planner.epoch(epoch)).input_size for epoch in (1, 2)]
    assert seen == [(14, 14), None]
    small = walk(parse(network["text"]), (1, 14, 14), 10).cost.total
    rows = [row["operations"]["total"] for row in ended.folder.timings()]
    evaluated = rows[0]
    trained_on = planner.num_images
    assert rows[1] - evaluated == trained_on * small
    assert rows[2] - evaluated == trained_on * graph.cost.total


def test_a_foreign_network_is_traced_at_every_size(experiment, trained, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def pooled(): return nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1),"
        " nn.Flatten(), nn.Linear(4, 10))\n"
        "def flat(): return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n"
    )
    source = tmp_path / "mine.toml"
    source.write_text("")

    def run(name):
        sizes = {"sides": [20, 28], "shares": [0.5, 0.5]}
        network = {"python": f"mine.py:{name}"}
        values = experiment(recipe={"sizes": sizes}).model_dump(exclude={"network"})
        return trained(type(experiment())(**values, network=network), source=source)

    assert run("pooled").finished.complete
    with pytest.raises(UsageError, match=r"^recipe\.sizes: at 20 x 20 the network cannot be: "):
        run("flat")
