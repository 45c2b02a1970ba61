from pathlib import Path

import pytest

from imagette.errors import StoreError
from imagette.store.json_files import read_json, write_json


def test_an_object_keeps_its_keys_in_order(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"z": 0.1 + 0.2, "a": "café"})
    assert list(read_json(tmp_path / "a.json").items()) == [("z", 0.1 + 0.2), ("a", "café")]


@pytest.mark.parametrize("data", [b"", b'{"a": 1', b"\xff\xfe", b"[" * 100_000, b"[1]", b"7"])
def test_a_damaged_file_is_named_with_the_remedy(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(StoreError, match=r"a\.json is damaged, not .*: copy it again"):
        read_json(tmp_path / "a.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        read_json(tmp_path / "a.json")
    path = tmp_path / "a.json"
    assert str(caught.value) == f"{path} is missing: copy the run again, or make it anew"
