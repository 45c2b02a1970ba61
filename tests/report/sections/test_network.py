"""The description of a network in its report."""

from dataclasses import replace

from imagette.network import cost_table, named, parse, walk
from imagette.report.language import language
from imagette.report.sections.network import network, nodes_table

EN = language("en")


def lenet():
    return cost_table(walk(named("lenet_cifar"), (3, 32, 32), 10)).as_json()


def test_every_fn_xn_and_wn_stands_in_the_table_with_its_cost():  # 001-05 001-06
    table = nodes_table(lenet(), EN)
    entry, first = ([cell.text.replace("\xa0", " ") for cell in row] for row in table.rows[:2])
    assert entry[2:5] == ["input", "", "X0 3×32×32"]
    assert first[:4] == ["F1", "conv1", "conv 6 5×5", "X0"]
    assert first[4] == "X1 6×28×28"
    assert first[5] == "weight 6×3×5×5; bias 6"
    assert [row[4].text.split()[1] for row in table.rows[1:]] == [
        *("6×28×28", "6×28×28", "6×14×14", "16×10×10", "16×10×10", "16×5×5", "400"),
        *("120", "120", "84", "84", "10"),
    ]
    assert table.rows[2][5].text == "none"


def test_the_totals_are_those_of_the_cost_table():  # 001-09
    total = [cell.text for cell in nodes_table(lenet(), EN).total]
    assert total[-4:] == ["62,006", "651,720", "651,720", "11,236"]


def test_a_function_is_written_with_what_is_not_usual():
    graph = walk(
        parse("conv 8 3x3 stride=2 pad=same bias=no; batchnorm; mean; linear classes"), (3, 8, 8)
    )
    rows = nodes_table(cost_table(graph).as_json(), EN).rows[1:]
    assert [row[2].text.replace("\xa0", " ") for row in rows] == [
        *("conv 8 3×3, stride 2×2, pad same, bias no", "batchnorm", "mean", "linear 10")
    ]


def test_what_is_uncounted_is_said_and_not_nought(make_record):
    record = make_record()
    node = {**record.cost["nodes"][-1], "cost": None}
    cost = {**record.cost, "uncounted": ["mystery"], "nodes": [node]}
    blocks = network(replace(record, cost=cost), EN).blocks
    assert "mystery" in blocks[1].text
    assert nodes_table(cost, EN).rows[1][-1].text == "not counted"
