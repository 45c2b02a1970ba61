import pytest

from imagette.errors import StoreError, UsageError
from imagette.store.exports import export_place, refuse_taken, write_export
from imagette.store.folder import RunFolder

FILES = {"model.onnx": b"model", "predict.py": b"print()"}


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "exports" / "onnx"
    write_export(place, FILES, {"format": "onnx"})
    return place


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_export_is_there_with_its_certificate(place):
    assert names(place) == ["certificate.json", "model.onnx", "predict.py"]
    assert names(place.parent) == ["onnx"]


def test_what_is_there_is_refused_unless_told(place):  # 004-T4
    with pytest.raises(UsageError, match="exists: give --overwrite, or another folder with --out"):
        refuse_taken(place, overwrite=False)
    refuse_taken(place, overwrite=True)
    write_export(place, {"model.onnx": b"new"}, {})
    assert names(place) == ["certificate.json", "model.onnx"]
    assert names(place.parent) == ["onnx"]


def test_an_empty_folder_and_none_are_free(tmp_path):
    refuse_taken(tmp_path, overwrite=False)
    refuse_taken(tmp_path / "none", overwrite=False)


def test_a_strangers_file_is_never_removed(place):  # 004-T4
    (place / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds notes.txt, which no export wrote there"):
        refuse_taken(place, overwrite=True)


def test_a_folder_that_is_no_export_is_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds no certificate.json"):
        refuse_taken(tmp_path, overwrite=True)
    with pytest.raises(UsageError, match="holds a file"):
        refuse_taken(tmp_path / "thesis.tex", overwrite=True)


def test_what_python_leaves_when_a_file_was_run_is_no_strangers(place):
    (place / "__pycache__").mkdir()
    (place / "__pycache__" / "predict.pyc").write_bytes(b"")
    refuse_taken(place, overwrite=True)


def test_no_write_access_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "exports").write_text("a file in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write_export(tmp_path / "exports" / "onnx", FILES, {})
    assert names(tmp_path) == ["exports"]


def test_a_link_in_a_strangers_run_is_not_followed(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "exports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        export_place(RunFolder(tmp_path / "run"), "onnx", None)
