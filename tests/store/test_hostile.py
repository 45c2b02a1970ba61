"""Files of a run read back: what was written comes back, what is spoilt is one line or right."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from imagette.errors import StoreError
from imagette.store.checkpoint import STATE, WEIGHTS, read_checkpoint
from imagette.store.json_files import read_json
from imagette.store.ledger import Ledger, ledger_path, verify
from imagette.store.lines import append_line, read_lines
from imagette.store.lock import held
from imagette.store.tensors import read_tensors, tensor_bytes
from imagette.store.whole import read_whole

few = settings(max_examples=40, derandomize=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
rows = st.dictionaries(st.text(), json_values, max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@few
@given(st.lists(rows, max_size=4))
def test_rows_come_back_as_they_were_written(folder, written):
    path = folder / "rows.jsonl"
    path.unlink(missing_ok=True)
    for row in written:
        append_line(path, row)
    assert read_lines(path) == written


@few
@given(st.binary(max_size=60))
def test_any_bytes_are_rows_or_one_line(folder, data):
    path = folder / "any.jsonl"
    path.write_bytes(data)
    try:
        found, told = read_lines(path), str(path)
    except StoreError as error:
        found, told = [], str(error)
    assert all(isinstance(row, dict) for row in found)
    assert str(path) in told
    assert "\n" not in told


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_elsewhere_is_none_here(tmp_path, value):
    path = tmp_path / "x.json"
    path.write_text(f'{{"loss": {value}}}')
    with pytest.raises(StoreError, match=r"x.json is damaged, not JSON"):
        read_json(path)


@few
@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda name: name != "__metadata__"),
        arrays(np.float32, array_shapes(max_side=3), elements=st.floats(width=32)),
        max_size=3,
    ),
    rows,
)
def test_arrays_come_back_with_their_bits(folder, written, about):
    found, metadata = read_tensors(tensor_bytes(written, about), folder / "x")
    assert metadata == about
    assert {n: a.tobytes() for n, a in found.items()} == {
        n: a.tobytes() for n, a in written.items()
    }


@pytest.mark.parametrize("claim", [10**12, 2**63, 2**64 - 1, 0, 1])
def test_a_header_that_claims_what_is_not_there_is_one_line(tmp_path, claim):
    whole = tensor_bytes({"a": np.ones(3, np.float32)}, {})
    with pytest.raises(StoreError, match="x is damaged or not a file of imagette"):
        read_tensors(claim.to_bytes(8, "little") + whole[8:], tmp_path / "x")


def test_a_shape_that_claims_a_terabyte_is_one_line(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 12]}})
    data = len(header).to_bytes(8, "little") + header.encode() + bytes(12)
    with pytest.raises(StoreError, match="x is damaged or not a file of imagette"):
        read_tensors(data, tmp_path / "x")


def test_a_file_that_claims_a_terabyte_of_nothing_is_not_read(tmp_path):
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 10**12)
    with pytest.raises(StoreError, match="sparse claims 1,000,000,000,000 bytes, more than"):
        read_whole(path)


def test_nobody_waits_for_a_pipe_or_reads_a_device(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero"):
        with pytest.raises(StoreError, match=f"{name} is no file"):
            read_whole(tmp_path / name)


@pytest.fixture
def precious(tmp_path):
    """A folder of the user's, to which a stranger's run may hold links."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work\n")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    assert (folder / "thesis.txt").read_text() == "years of work\n"


def test_a_checkpoint_that_is_a_link_is_pruned_and_what_it_leads_to_stays(run, save, precious):
    save(10)
    (run.path / "checkpoints" / "7").symlink_to(precious)
    assert run.checkpoints.prune(keep=1) == (7,)
    assert run.checkpoints.steps() == (10,)


@pytest.mark.parametrize("name", ["checkpoints", "evaluation"])
def test_a_run_whose_folders_are_links_does_not_go_on(run, precious, name):
    (run.path / name).symlink_to(precious)
    with pytest.raises(StoreError, match=f"{name} is a link, and a run's files lie in it"):
        run.rewind(0)


def test_neither_lock_nor_log_of_a_run_follows_a_link(run, precious):
    for name in (".lock", "log.txt"):
        (run.path / name).symlink_to(precious / "thesis.txt")
    with pytest.raises(StoreError, match="is a link, and nothing is written through one"):
        run.append_log("hello")
    with pytest.raises(StoreError, match="lock is a link"), held(run.path):
        pass


def test_nobody_waits_for_a_pipe_in_the_place_of_the_lock(run):
    os.mkfifo(run.path / ".lock")
    with held(run.path):
        pass


def changed_card(run, step, **card):
    """The weights of a checkpoint with another card, their digest made again."""
    from hashlib import sha256

    place = run.path / "checkpoints" / str(step)
    saved = read_checkpoint(place)
    about = {
        "format": 1, "class_names": ["a", "b"], "preprocess": dict(saved.card.preprocess),
        "input_shape": [1, 28, 28], "network": saved.card.network, **card,
    }  # fmt: skip
    data = tensor_bytes(saved.weights, about)
    meta = json.loads((place / "meta.json").read_text())
    meta["digests"] = {WEIGHTS: sha256(data).hexdigest(), STATE: meta["digests"][STATE]}
    (place / WEIGHTS).write_bytes(data)
    (place / "meta.json").write_text(json.dumps(meta))
    return place


@pytest.mark.parametrize(
    ("card", "rule"),
    [
        ({"class_names": ["a", " "]}, r"must have a name of 1 to 255 characters"),
        ({"class_names": ["a", "a"]}, "Two classes of .* are called 'a'"),
        ({"class_names": "ab"}, "'class_names' must be a list of class names"),
        ({"input_shape": [1, -28, 28]}, r"'input_shape' must be \[channels, height, width\]"),
        ({"input_shape": [True, 28, 28]}, r"'input_shape' must be \[channels, height, width\]"),
        ({"preprocess": {"channels_mean": [0.5], "deviation": [0.0]}}, "'preprocess' must be"),
        ({"network": None}, "'network' must be text"),
    ],
)
def test_a_card_that_no_run_has_is_refused(run, save, card, rule):
    save(7)
    place = changed_card(run, 7, **card)
    with pytest.raises(StoreError, match=rule) as refused:
        read_checkpoint(place)
    assert str(place) in str(refused.value)


@pytest.fixture
def chain(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))
    for number in range(4):
        Ledger(None, str(number) * 64, "imagette evaluate").record("mnist", "d" * 64)
    return ledger_path("mnist")


def test_a_byte_changed_in_any_row_but_the_last_breaks_the_chain(chain):
    whole = chain.read_bytes()
    end = whole.rstrip(b"\n").rfind(b"\n")
    for at in range(0, end, 7):
        chain.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not verify("mnist").is_whole
    chain.write_bytes(whole)
    assert verify("mnist").is_whole


@pytest.mark.parametrize(
    ("name", "row", "rule"),
    [
        ("history.jsonl", {"epoch": 1, "step": "9"}, "'step' must be a whole number from 0"),
        ("history.jsonl", {"epoch": 1, "step": 9, "train_loss": []}, "'train_loss' must be a fin"),
        ("timings.jsonl", {"epoch": 1, "train_seconds": None}, "'train_seconds' must be a finite"),
        ("decisions.jsonl", {"what": 3}, "'what' must be text"),
        ("notes.jsonl", {"when": "", "text": {}}, "'text' must be text"),
    ],
)
def test_a_value_of_another_kind_is_one_line_that_names_the_file(run, name, row, rule):
    append_line(run.path / name, row)
    with pytest.raises(StoreError, match=rule) as refused:
        getattr(run, name.partition(".")[0])()
    assert str(run.path / name) in str(refused.value)
