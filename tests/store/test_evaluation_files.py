from pathlib import Path

import numpy as np
import pytest

from imagette.errors import StoreError
from imagette.store.folder import RunFolder

ARRAYS = {
    "logits": np.linspace(0, 1, 40, dtype=np.float32).reshape(4, 10),
    "labels": np.arange(4, dtype=np.int32),
    "digests": np.zeros((4, 32), np.uint8),
}


@pytest.fixture
def evaluated(run: RunFolder) -> RunFolder:
    run.write_evaluation("validation", {"accuracy": 0.5, "n": 4}, ARRAYS)
    return run


@pytest.fixture
def arrays_path(evaluated: RunFolder) -> Path:
    return evaluated.path / "evaluation" / "validation.npz"


def test_figures_and_arrays_come_back(evaluated: RunFolder) -> None:
    figures, arrays = evaluated.read_evaluation("validation")
    assert figures == {"accuracy": 0.5, "n": 4}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)


def test_a_split_that_was_not_evaluated_is_named(run: RunFolder) -> None:
    with pytest.raises(StoreError, match=r"test\.json is missing"):
        run.read_evaluation("test")


def test_missing_arrays_are_named(evaluated: RunFolder, arrays_path: Path) -> None:
    arrays_path.unlink()
    with pytest.raises(StoreError) as caught:
        evaluated.read_evaluation("validation")
    assert str(caught.value) == f"{arrays_path} is missing: evaluate the run again"


def test_cut_arrays_are_refused_wherever_they_are_cut(
    evaluated: RunFolder, arrays_path: Path
) -> None:
    data = arrays_path.read_bytes()
    for length in range(0, len(data), 7):
        arrays_path.write_bytes(data[:length])
        with pytest.raises(StoreError, match=r"is damaged .*: evaluate the run again"):
            evaluated.read_evaluation("validation")


def test_a_changed_byte_is_refused(evaluated: RunFolder, arrays_path: Path) -> None:
    data = bytearray(arrays_path.read_bytes())
    data[80] ^= 0xFF
    arrays_path.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged"):
        evaluated.read_evaluation("validation")


def test_pickled_arrays_are_never_executed(evaluated: RunFolder, arrays_path: Path) -> None:
    np.savez(arrays_path, logits=np.array([{"a": 1}], dtype=object))  # 000-T5
    with pytest.raises(StoreError, match=r"is damaged \(it holds objects or records\)"):
        evaluated.read_evaluation("validation")
