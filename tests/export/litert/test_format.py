"""The format as a whole: what it hands over of a real run, and what it refuses."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imagette.engines.initial import first_weights
from imagette.errors import ExportError, MissingExtra
from imagette.evaluate.losses import probabilities
from imagette.export.checking import checked
from imagette.export.format import Options
from imagette.export.litert.format import LITERT, write
from imagette.export.litert.portable import NOT_MICRO
from imagette.network import parse, walk

PRINTS = """
#include <stdio.h>
#include "model.h"
#include "model.h"

int main(void) { return fwrite(model_int8, 1, sizeof model_int8, stdout) != sizeof model_int8; }
"""


@pytest.fixture(scope="module")
def written(trained, examples):
    return write(trained, examples, Options(int8=True))


def test_both_files_pass_on_real_images(written, trained, examples):  # 004-33, 004-38
    exact, integers = (checked(model, examples, trained.class_names) for model in written.models)
    assert (exact.file_name, integers.file_name) == ("model.tflite", "model.int8.tflite")
    assert exact.passed
    assert set(exact.differences) == {1, 7, 64}
    assert 0 < exact.largest_difference < 1e-4
    assert integers.passed
    assert integers.largest_difference > exact.largest_difference
    assert len(integers.model.data) < len(exact.model.data)


def test_other_weights_do_not_pass(trained, examples):  # 004-T2
    weights = {name: value * np.float32(1.01) for name, value in trained.weights.items()}
    (model,) = write(replace(trained, weights=weights), examples, Options()).models
    found = checked(model, examples, trained.class_names)
    assert not found.passed
    assert found.file_name == "model.failed.tflite"


def test_the_facts_say_what_a_microcontroller_must_have(written):
    exact, integers = (model.facts for model in written.models)
    assert {one["name"] for one in integers["operators"]} >= {"CONV_2D", "QUANTIZE", "DEQUANTIZE"}
    assert all({"name", "version", "count"} == set(one) for one in integers["operators"])
    assert integers["arena_bytes"] < exact["arena_bytes"] / 3
    assert integers["calibration"].endswith("training images, least and largest value")


def test_the_file_as_c_is_the_file(written, tmp_path):  # 004-40
    exact, integers = written.models
    assert exact.header == b""  # it has GELU, so no microcontroller runs it
    text = integers.header.decode()
    array = text.partition("[")[2].partition("{")[2]
    assert bytes.fromhex("".join(re.findall(r"0x(..)", array))) == integers.data
    assert f"model.int8.tflite: {len(integers.data):,} bytes" in text
    kinds = {one["name"] for one in integers.facts["operators"]}
    assert f"MicroMutableOpResolver<{len(kinds)}> resolver;" in text
    assert text.count("resolver.Add") == len(kinds)
    if shutil.which("cc"):
        (tmp_path / "model.h").write_text(text)
        (tmp_path / "main.c").write_text(PRINTS)
        command = ["cc", "-std=c11", "-Wall", "-Werror", "-o", "main", "main.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
        done = subprocess.run([tmp_path / "main"], capture_output=True, check=True)
        assert done.stdout == integers.data


def test_gelu_is_exact_in_float32_and_in_integers_what_microcontrollers_have(written):  # 004-40
    exact, integers = (
        {one["name"] for one in model.facts["operators"]} for model in written.models
    )
    assert "GELU" in exact  # of the small run's network
    assert not NOT_MICRO & integers
    told = "model.tflite has GELU, which LiteRT has and LiteRT for Microcontrollers has not"
    assert written.notes[2:] == (told,)


def test_nodes_that_stay_float32_are_named(trained, examples):
    graph = walk(parse("layernorm; mean; linear classes"), trained.input_shape, classes=10)
    other = replace(trained, graph=graph, weights=first_weights(graph, seed=0))
    _, model = write(other, examples, Options(int8=True)).models
    assert model.facts["kept_in_float32"] == ["layernorm1"]


def test_neither_engine_is_needed(trained):
    code = (
        "import sys; sys.modules.update(torch=None, jax=None)\n"
        "from imagette import first_weights, named, walk\n"
        "from imagette.data.preprocess import Preprocess\n"
        "from imagette.export.litert.flatbuffer import serialised\n"
        "from imagette.export.litert.interpreter import runner\n"
        "from imagette.export.litert.lower import lowered\n"
        "from imagette.export.litert.simplify import simplified\n"
        "graph = walk(named('cnn_mnist'), (1, 28, 28), 10)\n"
        "made = lowered(graph, first_weights(graph, seed=0), Preprocess((0.1,), (0.3,)))\n"
        "assert len(serialised(simplified(made), '')) > 20_000\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_beside_the_file_gives_the_engine_s_class(written, trained, examples, tmp_path):
    for name, content in written.files.items():  # 004-44
        (tmp_path / name).write_bytes(content)
    (tmp_path / "model.tflite").write_bytes(written.models[0].data)
    (tmp_path / "classes.json").write_text('["0","1","2","3","4","5","6","7","8","9"]')
    Image.fromarray(examples.images[0, :, :, 0]).save(tmp_path / "picture.png")
    command = [sys.executable, "predict.py", "--top", "1", "picture.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    (chances,) = probabilities(examples.logits[:1])
    best = int(chances.argmax())
    assert done.stdout == f"picture.png: {best} {100 * chances[best]:.1f} %\n"


def test_other_code_is_refused_in_one_line(trained, examples, monkeypatch):
    monkeypatch.setattr(type(trained), "is_foreign", True)
    with pytest.raises(ExportError, match="is other code, which is not written to LiteRT"):
        write(trained, examples, Options())


def test_without_its_library_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("imagette.export.format.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"ai-edge-litert .*pip install 'imagette\[litert\]'"):
        LITERT.refuse_absent()
