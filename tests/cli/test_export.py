import json
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from imagette.cli.main import main


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """A copy of the run, with the export that the other tests look at."""
    copy = tmp_path_factory.mktemp("cli") / "run"
    shutil.copytree(small_run, copy)
    assert main(["export", str(copy), "--to", "onnx"]) == 0
    return copy


def test_names_outputs_and_the_difference_are_printed(run, tmp_path, capsys):  # 004-37
    assert main(["export", str(run), "--to", "onnx", "--out", str(tmp_path / "o")]) == 0
    said = capsys.readouterr().out
    assert "takes    image: uint8 [N,28,28,1]" in said
    assert "gives    logits: float32 [N,10]" in said
    file, engine = re.findall(r"(?:logits|engine) +(-?\d.*?) \.\.\.", said)
    assert [*map(float, file.split())] == pytest.approx([*map(float, engine.split())], abs=2e-4)
    assert "off by" in said


def test_existing_output_is_the_user_s_mistake(run, capsys):  # 004-T4
    assert main(["export", str(run), "--to", "onnx"]) == 2
    assert "exists: give --overwrite" in capsys.readouterr().err
    both = ["--to", "onnx", "--to", "litert", "--out", str(run / "exports")]
    (run / "exports" / "litert").mkdir()
    (run / "exports" / "litert" / "mine.txt").touch()
    assert main(["export", str(run), *both]) == 2
    assert main(["export", str(run), "--to", "onnx", "--overwrite", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["onnx"]["path"] == str(run / "exports" / "onnx")
    assert said["onnx"]["largest_difference"] <= said["onnx"]["tolerance"]


@pytest.mark.parametrize("words", [["1", "1", "28", "28"], ["(1, 1, 28, 28)"], ["28x28"]])
def test_both_forms_of_an_input_are_understood(run, words, tmp_path):  # 004-T1
    out = ["--out", str(tmp_path / "o")]
    assert main(["export", str(run), "--to", "onnx", *out, "--input", *words]) == 0


def test_another_input_than_the_network_s_is_refused(run, capsys):  # 004-T1
    assert main(["export", str(run), "--to", "onnx", "--input", "1", "3", "32", "32"]) == 2
    said = capsys.readouterr().err
    assert "1x28x28" in said
    assert "Got 3x32x32: leave it out." in said


@pytest.mark.parametrize("opset", ["1", "12", "1000"])
def test_an_opset_that_will_not_do_is_refused(run, opset, tmp_path, capsys):
    out = tmp_path / "o"
    assert main(["export", str(run), "--to", "onnx", "--opset", opset, "--out", str(out)]) == 2
    assert (
        "--opset must be from 13 (older ones lack what layers need) to" in capsys.readouterr().err
    )
    assert not out.exists()


def test_an_unfinished_run_is_told_of_before_it_is_exported_and_once(run, tmp_path, capsys):
    # 004-34
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("exports"))
    (tmp_path / "run" / "finished.json").unlink()
    assert main(["export", str(tmp_path / "run"), "--to", "onxx"]) == 2  # nothing is computed
    said = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"imagette: the run is .*: weights of step \d+", said[0])
    assert main(["export", str(tmp_path / "run"), "--to", "onnx"]) == 0
    said = capsys.readouterr()
    assert (said.err.count("weights of step"), said.out.count("weights of step")) == (1, 0)


def test_predict_py_classifies_without_imagette(run, tmp_path):  # 004-44
    picture = tmp_path / "drawn.png"
    Image.new("RGB", (60, 40), "white").save(picture)
    code = (
        "import runpy, sys\n"
        "sys.modules['imagette'] = sys.modules['torch'] = sys.modules['onnx'] = None\n"
        f"sys.argv = ['predict.py', {str(picture)!r}, '--invert']\n"
        f"runpy.run_path({str(run / 'exports' / 'onnx' / 'predict.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{picture}: ")
    assert done.stdout.count("%") == 3
