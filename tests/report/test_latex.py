import re

import pytest

from imagette.network import cost_table, entry, named, parse, walk
from imagette.report.latex import PACKAGES, escaped, network_latex

SPECIAL = set("\\{}$&#%_^~")


def table(text="conv 4 5x5 stride=2; batchnorm; flatten; linear classes"):
    return cost_table(walk(parse(text), (3, 32, 32), 10)).as_json()


def rows(latex):
    return [line.removesuffix(r" \\").split(" & ") for line in latex.splitlines() if " & " in line]


def test_every_function_tensor_and_weight_has_its_row():  # 001-05, 001-06, 001-07
    network = walk(named("lenet_cifar"), entry("lenet_cifar").input_shape)
    found = rows(network_latex(cost_table(network).as_json()))
    assert len(found) == 1 + 12 + 1
    assert found[4] == [
        "$F_{4}$",
        "conv2: conv channels=16 kernel=5x5",
        r"$X_{3}$ $6 \times 14 \times 14$ $\to$ $X_{4}$ $16 \times 10 \times 10$",
        r"$16 \times 6 \times 5 \times 5$ + $16$",
        "2{,}416",
        "240{,}000",
        "240{,}000",
        "0",
    ]
    assert found[5][3] == "none"
    assert found[-1][4:] == ["62{,}006", "651{,}720", "651{,}720", "11{,}236"]


def test_weights_that_do_not_move_stand_in_brackets_and_what_is_not_plain_is_said():
    found = rows(network_latex(table()))
    assert found[1][1] == "conv1: conv channels=4 kernel=5x5 stride=2x2"
    assert found[2][3] == "$4$ + $4$ + ($4$, $4$)"


def test_what_is_not_counted_is_named_and_no_zero():
    cost = table()
    cost["nodes"][0]["cost"] = None
    latex = network_latex({**cost, "uncounted": ["my_fft"]})
    assert rows(latex)[1][-3:] == ["not counted", "", ""]
    assert r"Not counted, in no total: my\_fft." in latex


@pytest.mark.parametrize(
    "name",
    [
        r"\input{/etc/passwd}",
        "50%_of $x$ & #1 ~^{}",
        "a\nb\\\\c",
        "\\end{longtable}",
        "--- \x1b[1m",
    ],
)
def test_a_hostile_name_is_printed_and_never_run(name):
    cost = table()
    cost["nodes"][0]["path"] = name
    (cell,) = (row[1] for row in rows(network_latex(cost))[1:2])
    assert "\x1b" not in cell
    assert [line for line in network_latex(cost).splitlines() if line.startswith(r"\end{")] == [
        r"\end{longtable}"
    ]
    for sign in SPECIAL - set("\\{}"):
        assert not re.search(rf"(?<!\\){re.escape(sign)}", cell)
    known = r"\\(?:text[a-z]+|char\d+)\{\}|\\[{}$&#%_]|\{-\}"
    assert not SPECIAL & set(re.sub(known, "", cell))


def test_every_sign_comes_back():
    signs = "".join(map(chr, range(32, 127)))
    names = {"textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~"}
    names |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    back = re.sub(r"\\char(\d+)\{\}", lambda found: chr(int(found[1])), escaped(signs))
    back = re.sub(r"\\(text[a-z]+)\{\}", lambda found: names[found[1]], back)
    assert re.sub(r"\\([{}$&#%_])", r"\1", back.replace("{-}", "-")) == signs


def test_the_packages_it_needs_are_said_first():
    assert network_latex(table()).startswith(rf"% needs \usepackage{{{','.join(PACKAGES)}}}")
