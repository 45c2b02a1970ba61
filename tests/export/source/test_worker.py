"""A file of source in its own process: what it says when it fails, and how long it may take."""

import numpy as np
import pytest

from imagette.errors import ExportError
from imagette.export.source.head import FILE, WEIGHTS
from imagette.export.source.worker import Worker

IMAGES = np.zeros((2, 28, 28, 1), np.uint8)
HANGS = b"""
import time

def load_weights():
    time.sleep(600)
"""
ASKS = b"import imagette"


def test_a_file_that_hangs_is_ended_with_one_line():  # 004-44
    hung = Worker({FILE: HANGS, WEIGHTS: b""}, (), limit=1)
    with pytest.raises(ExportError, match=r"^The exported file gave no answer to a batch of 2 wit"):
        hung(IMAGES)


def test_a_file_that_fails_says_why():  # 004-44
    refused = Worker({FILE: ASKS, WEIGHTS: b""}, ("imagette",))
    with pytest.raises(ExportError, match=r"does not run: .*imagette must not be asked for"):
        refused(IMAGES)
