"""The page of `export --to web` in a real browser: it answers as the engine does."""

import http.server
import json
import threading
from base64 import b64decode, b64encode
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imagette.data.adapt import adapted
from imagette.data.framing import Framing
from imagette.evaluate.losses import probabilities
from imagette.export.web.runtime import runtime_files
from imagette.run.export import examples_of, export_run
from imagette.run.predict import predict_pictures
from imagette.run.ready import ready

pytestmark = pytest.mark.system

TOLERANCE = 1e-4  # of a probability
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
THREE = [(0.32, 0.28), (0.5, 0.2), (0.66, 0.3), (0.46, 0.5), (0.68, 0.7), (0.3, 0.76)]
MNIST = Framing(0.0, True, 20.0, "mass", (0.4, -0.3))
INK_ON_PAPER = Framing(250.0, False, 24.0, "box", (0.0, 0.0))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing: the tests listen to the browser."""


@pytest.fixture(scope="module")
def folder(small_run, tmp_path_factory, real_cache_root):
    """The page, some folders below the root of what is served."""
    out = tmp_path_factory.mktemp("served") / "some/path"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGETTE_CACHE", str(real_cache_root))
        runtime_files()
    by_hand = next((real_cache_root / "npm").glob("onnxruntime-web-*"))
    (ended,) = export_run(small_run, ["web"], out=out, ort=by_hand)
    assert ended.passed
    return out


@pytest.fixture(scope="module")
def address(folder):
    root = folder.parents[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{folder.relative_to(root)}/"
    server.shutdown()


@pytest.fixture
def page(opened, address):
    return shown(opened, address)


def shown(opened, address, size=DESKTOP, **options):
    made = opened(address, size, **options)
    made.locator("html[data-state=ready]").wait_for()
    return made


def answers(page):
    """The probabilities that the page shows, by class, once it has answered."""
    page.locator("#answer[aria-busy=false]").wait_for()
    found = page.locator("#bars li").evaluate_all(
        "(all) => all.map((e) => [e.dataset.name, Number(e.dataset.share)])"
    )
    return dict(found)


def given(page):
    """The small picture that the page says the network was given: [H,W], grey."""
    return pixels_of(page, "given")[..., 0]


def pixels_of(page, name):
    code = f"document.getElementById('{name}').toDataURL().split(',')[1]"
    return np.asarray(Image.open(BytesIO(b64decode(page.evaluate(code)))).convert("RGBA"))


def draw(page, points):
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def drop(page, path):
    """As a file manager does, onto the page."""
    data = page.evaluate_handle(
        """([bytes, name]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
          return data;
        }""",
        [list(path.read_bytes()), path.name],
    )
    page.dispatch_event("#pad", "drop", {"dataTransfer": data})


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert max(abs(found[name] - expected[name]) for name in expected) <= TOLERANCE


@pytest.mark.parametrize("place", [0, -1])
def test_an_example_is_answered_as_the_engine_answers(page, folder, small_run, place):
    opened_run = ready(small_run)
    names, examples = opened_run.class_names, examples_of(opened_run, None)
    label = json.loads((folder / "facts.json").read_text())["examples"]["labels"][place]
    button = page.locator("#examples button").nth(place)
    button.click()
    found = answers(page)
    (row,) = [r for r, one in enumerate(examples.images) if (one[..., 0] == given(page)).all()]
    assert button.inner_text() == names[label] == names[examples.labels[row]]
    expected = probabilities(examples.logits[row : row + 1])[0]
    assert_same(found, dict(zip(names, expected, strict=True)))
    assert names[label] in page.locator("#truth").inner_text()


def test_a_dropped_validation_picture_is_answered_as_by_predict(page, small_run, tmp_path):
    examples = examples_of(ready(small_run), None)
    path = tmp_path / "one.png"
    Image.fromarray(examples.images[7][..., 0]).save(path)
    drop(page, path)
    (expected,) = predict_pictures(small_run, [path]).predictions
    assert_same(answers(page), expected.probabilities)
    np.testing.assert_array_equal(given(page), expected.given[..., 0])
    assert page.locator("#photo").is_visible()


def test_a_drawing_is_answered_as_by_predict(page, small_run, tmp_path):
    draw(page, THREE)
    path = tmp_path / "drawn.png"
    Image.fromarray(pixels_of(page, "pad")).save(path)
    (expected,) = predict_pictures(small_run, [path]).predictions
    assert_same(answers(page), expected.probabilities)
    np.testing.assert_array_equal(given(page), expected.given[..., 0])
    page.locator("[role=status]", has_text=expected.best).wait_for(state="attached")


def photographs():
    """Lit unevenly, noisy, transparent, wide, tall, of the very size: as they come."""
    rng = np.random.default_rng(0)
    for width, height in ((320, 240), (560, 300), (90, 200)):
        image = Image.new("RGB", (width, height), (230, 225, 220))
        points = [(x * width, y * height) for x, y in THREE]
        ImageDraw.Draw(image).line(points, (40, 20, 60), max(4, min(width, height) // 14))
        lit = np.asarray(image) * np.linspace(1, 0.55, width)[None, :, None]
        noisy = lit + rng.normal(0, 5, lit.shape)
        yield Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    clear = np.zeros((60, 60, 4), np.uint8)
    clear[20:40, 25:30] = (255, 255, 255, 255)
    yield Image.fromarray(clear)
    yield Image.fromarray(rng.integers(0, 256, (28, 28, 3), dtype=np.uint8))


BRING = """async ([base64, input, framing]) => {
  const { adapted } = await import("./picture.js");
  const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]), { premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return [...adapted(context.getImageData(0, 0, width, height), input, framing).image];
}"""


@pytest.mark.parametrize(
    ("framing", "input_shape"),
    [(MNIST, (1, 28, 28)), (INK_ON_PAPER, (3, 28, 28)), (None, (3, 32, 32)), (None, (1, 20, 30))],
)
def test_the_page_brings_a_picture_to_a_network_as_predict_does(
    page, tmp_path, framing, input_shape
):
    draw(page, THREE)
    pictures = [Image.fromarray(pixels_of(page, "pad")), *photographs()]
    channels, height, width = input_shape
    asked = {"channels": channels, "height": height, "width": width}
    rule = {name: getattr(framing, name) for name in Framing.__slots__} if framing else None
    for place, picture in enumerate(pictures[: -1 if framing else None]):
        path = tmp_path / f"{place}.png"
        picture.save(path)
        made = page.evaluate(BRING, [b64encode(path.read_bytes()).decode(), asked, rule])
        expected = adapted(path, input_shape, framing).image.ravel().astype(int)
        off = np.abs(np.array(made) - expected).max()
        assert off <= (0 if place == 0 else 1), (place, off)


def test_the_page_asks_its_own_host_alone_and_complains_of_nothing(page, address):
    draw(page, THREE)
    answers(page)
    assert [url for url in page.asked if not url.startswith((address, "data:", "blob:"))] == []
    assert page.complaints == []


def test_the_page_s_rule_keeps_other_hosts_and_scripts_out(page):
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'came', () => 'kept out')") == (
        "kept out"
    )
    assert "Content Security Policy" in " ".join(page.complaints)


def test_strokes_are_undone_one_by_one_and_a_clear_pad_too(page):
    draw(page, THREE)
    draw(page, [(0.2, 0.9), (0.8, 0.9)])
    both = pixels_of(page, "pad")
    page.locator("#clear").click()
    assert (pixels_of(page, "pad") == 255).all()
    assert answers(page) == {}
    page.locator("#undo").click()
    np.testing.assert_array_equal(pixels_of(page, "pad"), both)
    page.locator("#undo").click()
    assert (pixels_of(page, "pad") < 255).sum() < (both < 255).sum()
    page.locator("#undo").click()
    assert (pixels_of(page, "pad") == 255).all()
    assert page.locator("#undo").is_disabled()


def test_the_keyboard_alone_draws(page):
    page.locator("#pad").focus()
    for key in ("Space", *["ArrowDown"] * 6, *["ArrowRight"] * 4):
        page.keyboard.press(key)
    page.wait_for_timeout(500)  # the pen rests, still on the paper
    resting = answers(page)
    for key in ("Space", "ArrowLeft"):
        page.keyboard.press(key)
    inked = (pixels_of(page, "pad")[..., 0] < 128).sum()
    assert inked > 100 * 18 * 0.8
    assert answers(page) == resting


def test_a_finger_draws_on_a_phone_and_the_answer_stays_in_sight(opened, address):
    page = shown(opened, address, PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    draw(page, THREE)
    answers(page)
    box = page.locator("#best").bounding_box()
    assert box["y"] + box["height"] <= PHONE["height"] + 1


def test_what_is_no_picture_is_told_in_a_line(page, tmp_path):
    path = tmp_path / "words.png"
    path.write_text("no picture")
    drop(page, path)
    page.locator("#state.bad").wait_for()
    assert "words.png" in page.locator("#state").inner_text()


def test_the_dark_page_has_light_ink(opened, address):
    page = shown(opened, address, color_scheme="dark")
    ink = page.locator("h2").first.evaluate("(e) => getComputedStyle(e).color")
    assert min(int(part) for part in ink[4:-1].split(",")) > 200


def test_a_page_opened_as_a_file_says_how_to_serve_it(opened, folder):
    page = opened(folder / "index.html")
    assert "python -m http.server" in page.locator("#state").inner_text()
