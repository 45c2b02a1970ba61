"""What a report shows of a network's inside."""

import numpy as np
import pytest

from imagette.data.split import Split
from imagette.errors import UsageError
from imagette.experiment import load
from imagette.report.language import language
from imagette.run.report_inside import look_inside
from imagette.run.train import train_experiment

EN = language("en")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small run and its data."""
    out = tmp_path_factory.mktemp("inside") / "run"
    experiment = load("first_light", ["data.limit=200", "recipe.epochs=1"])
    *_, ended = train_experiment(experiment, out=out)
    return out, ended.prepared.dataset.splits


def texts(section):
    return [block.text for block in section.blocks if block.kind == "text"]


def test_each_convolution_has_a_row_of_maps_or_the_layers_asked_for(trained):  # 003-25 003-26
    run, splits = trained
    drawn, filters = look_inside(run, splits, (), EN, trust=False).blocks
    assert {axes.get_ylabel() for axes in drawn.figure.axes} >= {"conv1", "conv2"}
    assert "conv1" in filters.caption
    drawn, _ = look_inside(run, splits, ("maxpool1",), EN, trust=False).blocks
    assert "maxpool1" in drawn.alt


def test_the_test_images_go_through_no_network(trained):  # 000-12
    run, splits = trained
    (said,) = texts(look_inside(run, {"test": splits["validation"]}, (), EN, trust=False))
    assert "the data are not on this machine" in said


def test_a_layer_that_does_not_exist_is_refused_with_the_nearest_names(trained):
    run, splits = trained
    with pytest.raises(UsageError, match=r"No layer is called 'conv9'. Did you mean"):
        look_inside(run, splits, ("conv9",), EN, trust=False)


def test_a_run_without_weights_says_so_and_has_its_page_all_the_same(make_run):
    empty = {"train": Split(np.zeros((1, 28, 28, 1), np.uint8), np.zeros(1, np.int32))}
    (said,) = texts(look_inside(make_run().path, empty, (), EN, trust=False))
    assert "its checkpoints are gone" in said


def test_of_many_convolutions_a_few_are_taken_and_no_shortcut():
    from imagette.network import named, walk
    from imagette.run.report_inside import usual_layers

    nodes = walk(named("resnet8"), (3, 32, 32), 10).nodes
    paths = usual_layers(nodes)
    assert paths[0] == "conv1"
    assert paths[-1] == "residual3.conv2"
    assert len(paths) == 4
    assert not any("shortcut" in path for path in paths)
