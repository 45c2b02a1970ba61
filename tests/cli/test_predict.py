"""`imagette predict`, as its user sees it."""

import json

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from imagette.cli import main as cli
from imagette.cli.thumbnail import thumbnail
from imagette.experiment import Experiment
from imagette.run.train import train_experiment


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    experiment = Experiment(
        data={"limit": 100},
        network={"text": "conv 2 5x5\nrelu\nflatten\nlinear classes"},
        recipe={"epochs": 1, "batch": 20},
        run={"folder": str(folder)},
    )
    return list(train_experiment(experiment))[-1].folder.path


@pytest.fixture
def coat(tmp_path):
    """A picture of the data's own size."""
    path = tmp_path / "[coat] & co.png"
    Image.fromarray(np.pad(np.full((20, 20), 200, np.uint8), 4)).save(path)
    return path


def test_it_says_the_likeliest_classes_and_what_the_network_was_given(run, coat, capsys):
    assert cli.main(["predict", str(run), str(coat), "--top", "2"]) == 0
    answer, given = capsys.readouterr().out.splitlines()
    assert answer.startswith(f"{coat}: ")
    assert answer.count(" %") == 2
    assert given == "  given: 28 x 28, grey; taken as it is"


def test_json_holds_every_class(run, coat, capsys):
    assert cli.main(["predict", str(run), str(coat), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    (one,) = values["predictions"]
    assert sum(one["probabilities"].values()) == pytest.approx(1)
    assert len(one["probabilities"]) == 10
    assert one["class"] == next(iter(one["probabilities"]))
    assert (values["layer"], values["figure"]) == ("conv1", None)


def test_the_figure_is_written_once(run, coat, tmp_path, capsys):
    words = ["predict", str(run), str(coat), str(coat), "--out", str(tmp_path / "seen.png")]
    assert cli.main(words) == 0
    assert f"figure   {tmp_path / 'seen.png'}" in capsys.readouterr().out
    with Image.open(tmp_path / "seen.png") as picture:
        assert min(picture.size) > 400
    assert cli.main(words) == 2
    assert "seen.png' exists: give --overwrite, or another name" in capsys.readouterr().err
    assert cli.main([*words, "--overwrite"]) == 0


def bomb(path):
    """20,000 x 20,000 pixels in a few bytes: the header alone, and a little of the rest."""
    Image.new("1", (20, 20)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = (20_000).to_bytes(4, "big") * 2
    path.write_bytes(with_checksum(bytes(data)))


def with_checksum(data):
    import zlib

    return data[:29] + zlib.crc32(data[12:29]).to_bytes(4, "big") + data[33:]


def truncated(path):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])


BAD = {
    "missing": (lambda _: None, 2, "is not there: name a picture, such as a PNG or a JPEG."),
    "a folder": (lambda path: path.mkdir(), 2, "is a folder: name a picture"),
    "a text": (lambda path: path.write_text("hello"), 2, "is no picture of a known kind"),
    "a bomb": (bomb, 1, "is 400000000 pixels: at most 33,554,432 are decoded. Make it smaller."),
    "truncated": (truncated, 1, "is not a picture that can be decoded (image file is truncated"),
    "empty": (lambda path: path.touch(), 2, "is no picture of a known kind"),
    "even": (
        lambda path: Image.new("RGB", (50, 50), "red").save(path),
        1,
        "stands out from an even background",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_picture_is_one_line(run, tmp_path, capsys, kind):
    make, code, words = BAD[kind]
    path = tmp_path / "it.png"
    make(path)
    assert cli.main(["predict", str(run), str(path)]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "it.png' " in said.err
    assert words in said.err


def test_a_bad_picture_among_good_ones_is_named_after_their_answers(run, coat, capsys):
    assert cli.main(["predict", str(run), "README.md", str(coat), "absent.png"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"{coat}: ")
    assert said.err == (
        "imagette: error: 'README.md' is no picture of a known kind: name one, such as a PNG or a "
        "JPEG. 'absent.png' is not there: name a picture, such as a PNG or a JPEG.\n"
    )
    assert cli.main(["predict", str(run), "README.md", str(coat), "--json"]) == 1
    values = json.loads(capsys.readouterr().out)
    assert [one["picture"] for one in values["predictions"]] == [str(coat)]
    assert values["refused"][0].startswith("'README.md' is no picture")


def test_a_run_that_is_none_is_one_line(tmp_path, coat, capsys):
    assert cli.main(["predict", str(tmp_path / "runs"), str(coat)]) == 2
    assert "is not a run: no environment.json in it" in capsys.readouterr().err


def test_a_thumbnail_has_two_pixels_a_character():
    image = np.array([[[255, 0, 0]], [[0, 0, 255]], [[1, 2, 3]]], np.uint8)
    console = Console(force_terminal=True, color_system="truecolor", width=20)
    with console.capture() as captured:
        for line in thumbnail(image):
            console.print(line)
    first, second = captured.get().splitlines()
    assert "38;2;255;0;0;48;2;0;0;255m▀" in first
    assert "38;2;1;2;3m▀" in second
