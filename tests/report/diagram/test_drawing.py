from itertools import combinations
from xml.etree import ElementTree

import pytest

from imagette.report.diagram.drawing import diagram
from imagette.report.language import language

from .networks import NAMES, node, nodes_of

SVG = "{http://www.w3.org/2000/svg}"
EN = language("en")


def drawn(nodes) -> ElementTree.Element:
    return ElementTree.fromstring(diagram(nodes, EN))


def texts(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def frames(root: ElementTree.Element) -> list[tuple[float, ...]]:
    """Left, top, right and bottom of each box."""
    sides = [
        [float(g[1].get(key, 0)) for key in ("x", "y", "width", "height")]
        for g in root.iter(f"{SVG}g")
    ]
    return [(x, y, x + width, y + height) for x, y, width, height in sides]


@pytest.mark.parametrize("name", NAMES)
def test_boxes_lie_inside_the_drawing_and_not_over_each_other(name):
    root = drawn(nodes_of(name))
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    found = frames(root)
    assert all(x >= 0 and y >= 0 and r <= width and b <= height for x, y, r, b in found)
    for one, other in combinations(found, 2):
        apart_x = one[2] <= other[0] or other[2] <= one[0]
        assert apart_x or one[3] <= other[1] or other[3] <= one[1]


def test_a_deep_network_is_no_wider_than_a_page():
    for name in ("resnet20", "seresnet20", "densenet40", "vgg8"):
        assert float(str(drawn(nodes_of(name)).get("viewBox")).split()[2]) <= 1130


def test_shapes_stand_on_the_lines_and_costs_in_the_boxes():
    # 001-07
    said = texts(drawn(nodes_of("lenet_cifar")))
    assert {"3×32×32", "6×28×28", "6×14×14", "16×10×10", "16×5×5", "120", "84", "10"} <= set(said)
    assert {"456 par.", "2,416 par.", "48,120 par.", "10,164 par.", "850 par."} <= set(said)


def test_every_node_of_a_box_is_told_in_full():
    titles = [title.text or "" for title in drawn(nodes_of("lenet_cifar")).iter(f"{SVG}title")]
    assert len(titles) == 1 + 7
    assert titles[1].splitlines()[0] == (
        "F1 conv1 (conv): reads X0 3×32×32, makes X1 6×28×28; 456 parameters, 705,600 operations"
    )


def test_names_of_others_are_text_and_nothing_else():
    hostile = '</title><script>alert("x")</script>\u202e'
    root = drawn([node(1, (0,), hostile, path=hostile)])
    assert not list(root.iter(f"{SVG}script"))
    assert any("<script>" in text for text in texts(root))
    assert "\u202e" not in diagram([node(1, (0,), hostile, path=hostile)], EN)


def test_what_is_not_counted_says_so():
    assert "not counted" in texts(drawn([node(1, (0,), "own", cost=None)]))


def test_the_colours_of_a_page_in_the_dark_reach_all_but_two():
    text = diagram(nodes_of("resnet20"), EN)
    assert "currentColor" in text
    assert "black" not in text
    assert "white" not in text


def test_french_is_french():
    text = diagram(nodes_of("lenet_cifar"), language("fr"))
    assert "entrée" in text
    assert "48\u202f120 par." in text


def test_equal_networks_give_equal_bytes_and_no_ids():
    text = diagram(nodes_of("densenet40"), EN)
    assert text == diagram(nodes_of("densenet40"), EN)
    assert " id=" not in text


def test_a_tangle_draws_every_line():
    crossed = [(0,), (1,), (1,), (2, 3), (2, 4), (3, 5), (6,)]
    root = drawn([node(n, reads) for n, reads in enumerate(crossed, 1)])
    assert len(list(root.iter(f"{SVG}g"))) == 7
