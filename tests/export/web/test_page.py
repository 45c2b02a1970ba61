"""The folder of a page: complete, in one language, and of one mind with `imagette predict`."""

import json
import re
from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imagette.data import adapt, framing, patches
from imagette.data.framing import Framing
from imagette.export.about import About, Fact
from imagette.export.web.page import example_rows, page_files, sheet_of
from imagette.report.language import language
from imagette.run.export_page import LARGEST_SIDE

RUNTIME = {"runtime/ort.js": b"", "runtime/ort.wasm.gzip": b"12345"}
PAGE = files("imagette.export.web") / "page"
WORDS = {key[4:]: form for key, form in language("en").words.items() if key.startswith("web.")}
MNIST = Framing(0.0, True, 20.0, "mass", (0.0, 0.0))


def random_images(count, height, width, channels):
    words = np.random.Philox(key=1).random_raw(count * height * width * channels)
    return (words % 256).astype(np.uint8).reshape(count, height, width, channels)


@pytest.fixture
def make_files():
    def make(channels=1, title="digits", names=("one", "two"), number=4):
        about = About(
            language="en",
            title=title,
            subtitle="a network",
            facts=(Fact("accuracy", "95 %", "n = 20"),),
            notes=("Sealed.",),
            rules=("Centred.",),
            about_examples="From validation.",
            network_text="flatten\nlinear classes",
            footer="Made by a test.",
            words=WORDS,
            framing=MNIST if channels == 1 else None,
        )
        images, labels = random_images(number, 6, 5, channels), np.arange(number) % len(names)
        shape = (channels, 6, 5)
        return page_files(about, names, shape, b"model", RUNTIME, images, labels.astype(np.int32))

    return make


def text_of(name):
    return (PAGE / name).read_text(encoding="utf-8")


def test_all_that_the_page_asks_for_lies_beside_it(make_files):
    made = make_files()
    page = made["index.html"].decode()
    asked = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    for script in ("page.js", "picture.js", "paper.js"):
        asked |= {name[2:] for name in re.findall(r'from "([^"]+)"', made[script].decode())}
    facts = json.loads(made["facts.json"])
    asked |= {facts["runtime"]["script"], facts["runtime"]["wasm"], facts["examples"]["file"]}
    assert asked <= set(made)
    assert facts["model"] == {"file": "model.onnx", "bytes": 5}
    assert facts["framing"]["extent"] == 20.0


def test_no_file_of_ours_names_another_host(make_files):
    ours = {k: v for k, v in make_files().items() if k not in RUNTIME and not k.endswith(".png")}
    found = {name: re.findall(rb"https?://[^\s\"'<]+", data) for name, data in ours.items()}
    hosts = {address for addresses in found.values() for address in addresses}
    assert hosts == {b"http://www.w3.org/2000/svg", b"http://localhost:8000."}
    assert b"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" in ours["index.html"]


def test_hostile_names_stay_words(make_files):
    hostile = "</script><img src=x onerror=alert(1)>"
    made = make_files(title=hostile, names=(hostile, "b"))
    assert b"<img" not in made["index.html"]
    assert json.loads(made["facts.json"])["classes"][0] == hostile


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_of_an_example_is_lost_in_the_sheet(channels):
    images = random_images(13, 6, 5, channels)
    sheet = np.asarray(Image.open(BytesIO(sheet_of(images)))).reshape(12, 50, channels)
    for place, image in enumerate(images):
        top, left = 6 * (place // 10), 5 * (place % 10)
        np.testing.assert_array_equal(sheet[top : top + 6, left : left + 5], image)


def test_examples_are_the_first_of_each_class_and_few():
    labels = np.arange(1000, dtype=np.int32) % 10
    assert example_rows(labels, 10, (1, 28, 28)).tolist()[:4] == [0, 10, 1, 11]
    assert len(example_rows(labels, 1000, (3, 32, 32))) == 1  # the other classes have none here
    assert len(example_rows(np.arange(100, dtype=np.int32), 100, (3, 32, 32))) == 20
    assert len(example_rows(labels, 10, (3, 2000, 2000))) == 1


def test_a_run_without_images_at_hand_has_a_page_without_examples(make_files):
    made = make_files(number=0)
    assert "examples.png" not in made
    assert b"examples-title" not in made["index.html"]
    assert json.loads(made["facts.json"])["examples"] is None


def test_a_colour_is_chosen_where_the_network_sees_colours(make_files):
    assert b'id="colour"' not in make_files()["index.html"]
    assert b'id="colour"' in make_files(channels=3)["index.html"]


def test_the_script_has_the_numbers_of_the_rule_that_predict_follows():
    scripts = text_of("picture.js") + text_of("paper.js") + text_of("levels.js")
    constants = dict(re.findall(r"^(?:export )?const ([A-Z_]+) = ([\d.]+);", scripts, re.M))
    known = {**vars(patches), **vars(framing), **vars(adapt)}
    assert {name: float(value) for name, value in constants.items()} == {
        name: known[name] for name in constants
    }
    assert len(constants) == 9
    assert f"const LARGEST_SIDE = {LARGEST_SIDE};" in text_of("page.js")


def test_every_word_of_the_page_is_in_the_table_and_each_is_used():
    script, page = text_of("page.js"), text_of("index.html")
    steps = re.findall(r'\["(\w+)", \{', text_of("picture.js"))
    used = {*re.findall(r'say\("(\w+)"', script + page), *(f"step_{one}" for one in steps)}
    used |= {"nothing_yet", "nothing_seen", "is_right", "is_wrong", "all", "fewer"}  # chosen there
    used |= {f"step_{one}" for one in ("light", "light_turned", "dark", "dark_turned")}
    used |= {"step_laid_by_mass", "step_laid_by_box", "step_validation"}
    of_python = {"subtitle", "about_validation", "about_train", "sure", "drawings", "not_judged"}
    of_python |= {"rule_framed", "rule_full", "rule_same", "kind_light", "kind_dark", "footer"}
    of_python |= {"short_light", "short_dark", "centred_mass", "centred_box"}
    assert used | of_python == set(WORDS)
