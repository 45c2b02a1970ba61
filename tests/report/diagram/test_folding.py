import pytest

from imagette.report.diagram.boxes import boxes
from imagette.report.diagram.folding import folded, rows
from imagette.report.diagram.structure import Fork, Repeat, boxes_of, structure

from .networks import NAMES, nodes_of


@pytest.mark.parametrize("name", NAMES)
def test_folding_loses_no_box(name):
    chain = structure(boxes(nodes_of(name)))
    assert list(boxes_of(folded(chain))) == list(boxes_of(chain))


def test_like_residuals_are_drawn_once():
    repeats = [
        len(element.chains)
        for element in folded(structure(boxes(nodes_of("resnet20"))))
        if isinstance(element, Repeat)
    ]
    assert repeats == [3, 2, 2]


def test_channels_that_grow_do_not_keep_parts_apart():
    chain = folded(structure(boxes(nodes_of("densenet40"))))
    assert [len(element.chains) for element in chain if isinstance(element, Repeat)] == [6, 6, 6]
    assert rows(chain) < 20 < rows(structure(boxes(nodes_of("densenet40"))))


def test_a_part_ends_with_its_own_join():
    chain = folded(structure(boxes(nodes_of("resnet20"))))
    repeat = next(element for element in chain if isinstance(element, Repeat))
    assert isinstance(repeat.chains[0][0], Fork)


def test_what_does_not_come_again_stays():
    chain = structure(boxes(nodes_of("lenet_cifar")))
    assert folded(chain) == chain
