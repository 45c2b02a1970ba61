import random

import pytest

from imagette.report.diagram.boxes import Box, boxes
from imagette.report.diagram.structure import Chain, Fork, Tangle, boxes_of, structure

from .networks import NAMES, node, nodes_of


def outline(chain: Chain) -> list[object]:
    """Boxes by their numbers, forks as lists of lanes, tangles as sets."""
    found: list[object] = []
    for element in chain:
        match element:
            case Box():
                found.append(element.index)
            case Fork():
                found.append([outline(lane) for lane in element.lanes])
            case Tangle():
                found.append({box.index for box in element.boxes})
    return found


def of(*reads: tuple[int, ...]) -> list[object]:
    """The outline of nodes that read these tensors, 0 the input."""
    return outline(structure(boxes([node(n, read) for n, read in enumerate(reads, 1)])))


def test_a_residual_is_a_fork_with_an_empty_lane():
    assert of((0,), (1,), (2,), (3, 1), (4,)) == [0, [[1, 2], []], 3, 4]


def test_branches_lie_side_by_side_and_hold_forks_again():
    assert of((0,), (1,), (2,), (3, 2), (1,), (4, 5)) == [0, [[1, [[2], []], 3], [4]], 5]


def test_the_input_itself_may_pass_by():
    assert of((0,), (1, 0), (2,)) == [[[0], []], 1, 2]


def test_lines_that_cross_make_a_tangle():
    crossed = of((0,), (1,), (1,), (2, 3), (2, 4), (3, 5), (6,))
    assert crossed == [0, {1, 2, 3, 4}, 5, 6]


def test_a_network_may_end_in_branches_that_nothing_joins():
    assert of((0,), (1,), (1,)) == [0, [[1], [2]]]


@pytest.mark.parametrize("name", NAMES)
def test_no_box_is_lost_and_the_language_makes_no_tangle(name):
    made = boxes(nodes_of(name))
    chain = structure(made)
    assert list(boxes_of(chain)) == list(made)
    assert "{" not in str(outline(chain))


@pytest.mark.parametrize("seed", range(40))
def test_no_box_of_any_graph_is_lost(seed):
    draw = random.Random(seed)
    made = boxes(
        [node(n, tuple(draw.sample(range(n), min(n, draw.randint(1, 3))))) for n in range(1, 25)]
    )
    assert sorted(box.index for box in boxes_of(structure(made))) == list(range(len(made)))
