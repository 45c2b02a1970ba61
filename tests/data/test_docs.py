"""docs/data.md shows what runs."""

import re
from pathlib import Path

from imagette.data.live import dataset_of

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_lines_on_looking_at_data_run(cache):
    # 000-22, 002-02, 002-03, 002-04, 002-05, 003-02, 003-03
    (block,) = [block for block in BLOCKS if "labelled_grid" in block]
    names = {}
    exec(block, names)
    assert names["image"].shape == (28, 28, 1)


def test_the_lines_on_live_objects_run(images):
    # 004-14
    (block,) = [block for block in BLOCKS if "dataset_of" in block]
    names = {"images": images(20), "labels": [0, 1] * 10}
    exec(block, names)
    assert isinstance(names["data"], type(dataset_of(names["data"])))
