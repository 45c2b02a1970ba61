"""An export in an environment of its own, where there is no imagette and no engine."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imagette.export.checking import checked
from imagette.export.format import Options
from imagette.export.litert.format import write

CONSTRAINTS = Path(__file__).parents[3] / "constraints.txt"
NEEDED = ("numpy", "pillow", "ai-edge-litert")


@pytest.mark.system
def test_a_tflite_file_needs_nothing_but_its_runtime(trained, examples, tmp_path):  # 004-33, 004-44
    written = write(trained, examples, Options(int8=True))
    for model in written.models:
        assert checked(model, examples, trained.class_names).passed
        (tmp_path / model.name).write_bytes(model.data)
    for name, content in written.files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "classes.json").write_text(json.dumps(trained.class_names))
    for i in range(3):
        Image.fromarray(examples.images[i, :, :, 0]).save(tmp_path / f"{i}.png")
    venv.create(tmp_path / "alone", with_pip=True)
    python = tmp_path / "alone" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "-qq", "install", "-c", CONSTRAINTS, *NEEDED]
    subprocess.run(install, check=True, timeout=300)
    for name in ("model.tflite", "model.int8.tflite"):
        command = [python, "predict.py", "--model", name, "--top", "1", "0.png", "1.png", "2.png"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        best = [trained.class_names[i] for i in np.argmax(examples.logits[:3], axis=1)]
        found = [line.split(": ")[1].rsplit(" ", 2)[0] for line in done.stdout.splitlines()]
        assert found == best, done.stderr
