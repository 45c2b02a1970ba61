"""What `_repr_html_` gives: names are escaped, pages stay small, no colour depends on a theme."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from imagette.data.dataset import Dataset, open_data
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.evaluate.evaluation import evaluate
from imagette.evaluate.predictions import Predictions
from imagette.network import cost_table, named, parse, walk
from imagette.notebook import MOST_ROWS, table

HOSTILE = "<script>alert('&')</script>"


class Tags(HTMLParser):
    """Collects the tags and the text of a page; a tag that is not closed is a mistake."""

    def __init__(self, page):
        super().__init__()
        self.opened, self.text, self.tags = [], [], []
        self.feed(page)
        assert self.opened == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "img":
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def hostile_dataset():
    images, labels = np.zeros((6, 8, 8, 3), np.uint8), np.arange(6, dtype=np.int32) % 2
    split = Split(images, labels)
    return Dataset(HOSTILE, split, split[:0], (HOSTILE, "b"), "digest", "made up")


def values(make_run):
    predictions = Predictions(np.eye(2, dtype=np.float32), np.array([0, 0], np.int32))
    return {
        "Dataset": hostile_dataset(),
        "Evaluation": evaluate(predictions, [HOSTILE, "b"]),
        "CostTable": cost_table(walk(parse("flatten\nlinear classes name=last"), (1, 8, 8))),
        "RunFolder": make_run(folder=f"{HOSTILE[:8]}&", title=HOSTILE),
    }


@pytest.mark.parametrize("name", ["Dataset", "Evaluation", "CostTable", "RunFolder"])
def test_a_value_shows_itself_escaped_small_and_in_the_pages_own_colours(make_run, name):
    page = values(make_run)[name]._repr_html_()
    found = Tags(page)
    assert "script" not in [tag for tag, _ in found.tags]
    assert len(page) < 100_000
    styles = " ".join(attributes.get("style", "") for _, attributes in found.tags)
    assert "#" not in styles
    assert re.findall(r"rgba?\([^)]*\)", styles)[0] == "rgba(128,128,128,.5)"
    assert all(attributes["alt"] for tag, attributes in found.tags if tag == "img")
    if name in ("Dataset", "Evaluation"):
        assert HOSTILE in "".join(found.text)


def test_a_data_set_shows_samples_of_each_class():
    data = open_data(DataSpec(name="fashion-sample"))
    found = Tags(data._repr_html_())
    pictures = [attributes for tag, attributes in found.tags if tag == "img"]
    assert [one["alt"] for one in pictures] == [f"6 of {name}" for name in data.class_names]
    assert "9,000 training and 1,000 validation images 1x28x28, 10 classes" in found.text[0]


def test_a_cost_table_shows_every_node_and_the_totals():
    page = cost_table(walk(named("lenet_cifar"), (3, 32, 32), 10))._repr_html_()
    text = Tags(page).text
    assert "62,006 parameters, 1,314,676 operations an image" in text
    assert "X4 16x10x10" in text
    assert "651,720 multiplications, 651,720 additions, 11,236 maximums" in text[-1]


def test_an_evaluation_says_accuracy_and_interval(make_run):
    text = Tags(values(make_run)["Evaluation"]._repr_html_()).text
    assert text[0] == "accuracy 50.00 % (9.45 to 90.55), n = 2"


def test_a_long_table_is_cut_and_says_so():
    text = Tags(table("t", ["n"], [[n] for n in range(MOST_ROWS + 7)])).text
    assert (text[-2], text[-1]) == ("39", "and 7 more")
