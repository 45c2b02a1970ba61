import errno
import json
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from imagette.errors import StoreError
from imagette.store import disk
from imagette.store.checkpoint import ModelCard
from imagette.store.folder import RunFolder

Save = Callable[[int], str]


def test_a_checkpoint_comes_back_bit_for_bit(run: RunFolder, save: Save, card: ModelCard) -> None:
    digest = save(10)  # 000-08, 004-27
    saved = run.load(10)
    assert (saved.step, saved.card, saved.weights_digest) == (10, card, digest)
    assert saved.meta["epoch"] == 1
    assert saved.meta["position"] == {"loss_sum": 0.1 + 0.2}
    assert (
        saved.weights["linear1.bias"].tobytes() == np.float32([np.nextafter(1, 2), -0.0]).tobytes()
    )
    assert saved.state["opt.momentum.linear1.bias"].dtype == np.float64


def test_the_same_checkpoint_written_again_is_left_alone(run: RunFolder, save: Save) -> None:
    save(10)
    before = (run.path / "checkpoints" / "10").stat().st_ino
    save(10)
    assert (run.path / "checkpoints" / "10").stat().st_ino == before


def test_a_damaged_checkpoint_is_replaced_when_its_step_comes_again(
    run: RunFolder, save: Save
) -> None:
    save(10)
    (run.path / "checkpoints/10/state.safetensors").write_bytes(b"")
    save(10)
    assert run.load(10).step == 10
    assert [entry.name for entry in (run.path / "checkpoints").iterdir()] == ["10"]


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors"])
def test_one_changed_bit_is_refused(run: RunFolder, save: Save, name: str) -> None:  # 004-31
    save(10)
    path = run.path / "checkpoints/10" / name
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(StoreError) as caught:
        run.load(10)
    assert str(caught.value) == (
        f"{path} is not the file that was saved (sha256 differs): "
        "copy the checkpoint again, or use another"
    )


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "meta.json"])
def test_a_missing_file_is_an_error_never_new_weights(  # 004-T3
    run: RunFolder, save: Save, name: str
) -> None:
    save(10)
    path = run.path / "checkpoints/10" / name
    path.unlink()
    with pytest.raises(StoreError, match=f"^{path} is missing: copy"):
        run.load(10)


def test_a_checkpoint_of_a_newer_format_is_refused(run: RunFolder, save: Save) -> None:
    save(10)
    path = run.path / "checkpoints/10/meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(StoreError) as caught:
        run.load(10)
    assert str(caught.value) == (
        f"{path} has format 2, newer than 1, the newest known here: update imagette"
    )


@pytest.mark.parametrize("text", ["{}", '{"format": 1}', '{"format": 1, "step": 3, "digests": 7}'])
def test_meta_that_lacks_something_is_refused(run: RunFolder, save: Save, text: str) -> None:
    save(10)
    (run.path / "checkpoints/10/meta.json").write_text(text)
    with pytest.raises(
        StoreError, match=r"meta\.json is damaged(, it names no format|: '\w+' must)"
    ):
        run.load(10)


def test_weights_in_double_precision_are_refused(run: RunFolder, card: ModelCard) -> None:
    double = {"linear1.bias": np.zeros(2)}  # 003-T4
    run.write_checkpoint(10, double, {}, card, {})  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"weights that are not float32: linear1\.bias"):
        run.load(10)


def full(operation: str, number: int) -> disk.Disk:
    """A disk that is full at that call of that operation."""
    made, calls = disk.Disk(), count(1)
    plain = getattr(made, operation)

    def once(*arguments: object) -> object:
        if next(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(*arguments)

    setattr(made, operation, once)
    return made


def test_another_checkpoint_of_a_step_goes_once_its_successor_is_written(
    run: RunFolder, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(10)
    good = run.load(10)
    other = {**good.weights, "linear1.bias": np.ones(2, np.float32)}
    for operation, number in (("write", 1), ("rename", 1), ("rename", 2)):
        monkeypatch.setattr(disk, "in_use", full(operation, number))
        with pytest.raises(StoreError, match="disk full"):
            run.write_checkpoint(10, other, good.state, good.card, {})
        monkeypatch.undo()
        assert run.load(10).weights_digest == good.weights_digest
    run.write_checkpoint(10, other, good.state, good.card, {})
    assert run.load(10).weights["linear1.bias"].tolist() == [1, 1]
    assert [path.name for path in (run.path / "checkpoints").iterdir()] == ["10"]
