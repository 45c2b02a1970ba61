import os
import subprocess
import sys

import pytest

from imagette.errors import ExportError
from imagette.export.onnx.runtime import open_session, runner


def test_what_onnxruntime_does_not_load_is_one_line():
    with pytest.raises(ExportError, match=r"^onnxruntime \S+ does not load the file: .*opset") as e:
        runner(open_session(b"no model"))
    assert "\n" not in str(e.value)


def complaints(code):
    """What a new process says where no identifier for reports to its maker can be kept."""
    place = {**os.environ, "HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere"}
    for silences in ("ORT_DISABLE_TELEMETRY", "CI"):
        place.pop(silences, None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=place, capture_output=True, text=True, check=True
    )
    return done.stderr


def test_onnxruntime_reports_to_nobody():
    """It complains where it cannot keep an identifier for its reports: here it makes none."""
    quiet = "from imagette.export.onnx.runtime import library\nlibrary()"
    assert complaints(quiet) == ""
    assert "telemetry" in complaints("import onnxruntime")
