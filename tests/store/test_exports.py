import pytest

from imagette.errors import StoreError, UsageError
from imagette.store import disk
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
    write_export(place, {"model.onnx": b"new"}, {}, overwrite=True)
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


@pytest.mark.parametrize("files", ["5", "null", '["notes.txt"]'])
def test_a_certificate_that_lists_nothing_makes_no_folder_an_export(tmp_path, files):
    (tmp_path / "certificate.json").write_text(f'{{"files": {files}}}')
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds notes.txt, which no export wrote there"):
        refuse_taken(tmp_path, overwrite=True)


def test_a_file_that_was_changed_since_is_never_removed(place):  # 004-T4
    (place / "predict.py").write_text("print('a day of work')")
    with pytest.raises(UsageError, match=r"holds predict.py, which was changed since it was"):
        refuse_taken(place, overwrite=True)


def test_what_came_while_the_export_was_made_is_not_overwritten(place):  # 004-T4
    with pytest.raises(UsageError, match="exists"):
        write_export(place, {"model.onnx": b"new"}, {})
    (place / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds notes.txt"):
        write_export(place, {"model.onnx": b"new"}, {}, overwrite=True)
    assert (place / "model.onnx").read_bytes() == b"model"


def test_an_older_export_stays_where_its_successor_cannot_come(place, monkeypatch):  # 004-T4
    real, done = disk.in_use.rename, []

    def rename(old, new):
        if new == place and not done:
            done.append(new)
            raise OSError(28, "No space left on device")
        real(old, new)

    monkeypatch.setattr(disk.in_use, "rename", rename, raising=False)
    with pytest.raises(StoreError, match="disk full"):
        write_export(place, {"model.onnx": b"new"}, {}, overwrite=True)
    assert (place / "model.onnx").read_bytes() == b"model"
    assert names(place.parent) == ["onnx"]


def test_a_link_is_no_place_for_an_export(tmp_path):
    (tmp_path / "onnx").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is a link"):
        write_export(tmp_path / "onnx", FILES, {}, overwrite=True)
    assert names(tmp_path) == ["onnx"]


def test_what_python_leaves_when_a_file_was_run_is_no_strangers(place):
    (place / "__pycache__").mkdir()
    (place / "__pycache__" / "predict.pyc").write_bytes(b"")
    refuse_taken(place, overwrite=True)


def test_no_write_access_is_told_and_leaves_nothing(tmp_path):
    (tmp_path / "exports").write_text("a file in the way")
    with pytest.raises(StoreError, match=r"exports/onnx cannot be written"):
        write_export(tmp_path / "exports" / "onnx", FILES, {})
    assert names(tmp_path) == ["exports"]


def test_a_link_in_a_strangers_run_is_not_followed(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "exports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        export_place(RunFolder(tmp_path / "run"), "onnx", None)
