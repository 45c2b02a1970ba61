"""W&B: its offline file read back, and a server on this machine that takes what it is sent."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from wandb.proto.wandb_internal_pb2 import Record

from imagette.track.wandb import _asking_nobody

HEADER, BLOCK = 7, 32768


def imagette(run, *words, **environment):
    """Exit code and the two outputs of `imagette track RUN --to wandb`, which needs no key."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    given |= {"HOME": str(run.path.parent), "NETRC": str(run.path / "none"), **environment}
    command = [sys.executable, "-m", "imagette", "track", str(run.path), "--to", "wandb", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=given, check=False)
    return done.returncode, done.stdout, done.stderr


def records(path: Path) -> Iterator[Record]:
    """What a .wandb file holds: W&B's own messages in the frames of a LevelDB log.

    https://github.com/google/leveldb/blob/main/doc/log_format.md
    """
    data, at, parts = path.read_bytes(), HEADER, []
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
        parts.append(data[at + HEADER : at + HEADER + length])
        at += HEADER + length
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(b"".join(parts))
            parts = []


def items(message) -> dict:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in message}


def offline_files(run):
    return sorted((run.path / "tracking" / "wandb").glob("offline-run-*/*.wandb"))


def test_offline_all_is_kept_and_nothing_else(make_run, judge):  # 004-11
    run = make_run(seed=7)
    judge(run)
    code, out, _ = imagette(
        run, "--mode", "offline", "--group", "g", "--project", "p", "--entity", "e", "--id", "x-1"
    )
    assert code == 0
    assert "told     3 epochs" in out
    (path,) = offline_files(run)
    found = list(records(path))
    (begun,) = [record.run for record in found if record.HasField("run")]
    assert (begun.project, begun.entity, begun.run_group, begun.run_id) == ("p", "e", "g", "x-1")
    config = {item.key: json.loads(item.value_json) for item in begun.config.update}
    assert (config["seed"], config["network"]["name"]) == (7, "softmax")
    rows = [items(record.history.item) for record in found if record.HasField("history")]
    told = [row for row in rows if "epoch" in row]
    assert [row["_step"] for row in told] == [row["step"] for row in told] == [0, 1, 2]
    assert [row["accuracy/validation"] for row in told] == [0.1, 0.5, 0.7]
    summary = {}
    for record in found:
        summary |= items(record.summary.update)
    assert summary["evaluation/validation_accuracy"] == 0.8
    assert told[-1]["confusion/validation/path"].endswith(".png")
    assert not [record for record in found if record.HasField("stats")]


def test_each_offline_folder_holds_the_whole_run(make_run, add_epoch):
    run = make_run(finished=False)
    imagette(run, "--mode", "offline")
    add_epoch(run, 3, 0.8)
    imagette(run, "--mode", "offline")
    newest = max(offline_files(run), key=lambda path: path.stat().st_mtime_ns)
    rows = [items(record.history.item) for record in records(newest) if record.HasField("history")]
    assert [row["_step"] for row in rows] == [0, 1, 2, 3]


def test_online_a_run_that_goes_on_is_one_run_there(make_run, add_epoch, server):  # 004-11, 004-32
    run = make_run(finished=False)
    code, out, _ = imagette(run, "--group", "g", **server.address)
    assert code == 0
    assert "told     3 epochs" in out
    add_epoch(run, 3, 0.8)
    (run.path / "tracking" / "wandb.json").unlink()  # as after a kill: W&B knows what it has had
    imagette(run, "--group", "g", **server.address)
    assert [row["_step"] for row in server.history] == [0, 1, 2, 3]
    assert [row["accuracy/validation"] for row in server.history] == [0.1, 0.5, 0.7, 0.8]
    begun = [variables for name, variables in server.asked if name == "RunResumeStatus"]
    assert len({variables["name"] for variables in begun}) == 1
    groups = [values.get("groupName") for name, values in server.asked if name == "UpsertBucket"]
    assert "g" in groups


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--entity", "stranger"], "W&B did not begin a run in project 'imagette' of entity 's"),
        (["--mode", "online"], "W&B did not begin a run in project 'imagette' of your entity ("),
    ],
)
def test_a_wrong_entity_or_no_network_is_one_line(make_run, server, words, message):
    address = server.address
    if "--entity" not in words:
        address = {**address, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    code, out, err = imagette(make_run(), *words, WANDB_INIT_TIMEOUT="2", **address)
    told = [line for line in err.splitlines() if line.startswith("imagette: error: ")]
    assert (code, out) == (2, "")
    assert told[0].startswith(f"imagette: error: {message}")
    assert len(told) == 1


def test_nobody_is_asked_at_a_terminal_and_the_environment_may_keep_all_here(
    make_run, server, monkeypatch
):
    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    with _asking_nobody():
        asked.append(sys.stdin.isatty())
    assert (asked, sys.stdin.isatty()) == ([False], True)
    run = make_run()
    code, out, _ = imagette(run, WANDB_MODE="offline", **server.address)
    assert (code, server.asked) == (0, [])
    assert "sent by wandb sync" in out


class Terminal(StringIO):
    def isatty(self):
        return True


def test_without_a_key_it_says_what_to_do(make_run):
    code, out, err = imagette(make_run())
    assert (code, out) == (2, "")
    assert "imagette: error: W&B has no way in (" in err
    assert err.rstrip().endswith("or keep all on this machine with mode offline")
