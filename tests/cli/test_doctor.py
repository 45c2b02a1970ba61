import json

import pytest

from imagette.cli import doctor as command
from imagette.cli.main import main
from imagette.run.doctor import DataSet, Diagnosis, Engine, Folder, Machine, Missing

BARE = Diagnosis(
    imagette="1.2",
    python="3.11.0",
    machine=Machine("Plan9", None, None, None, None),
    packages={},
    engines=(),
    folders=(
        Folder("data", "IMAGETTE_DATA", None, False),
        Folder("state", "IMAGETTE_STATE", "/s", False),
    ),
    data_sets=(DataSet("mnist", None), DataSet("fashion-sample", "in the package")),
    ledgers=(),
    missing=(Missing("torch", "pip install 'imagette[torch]'"),),
)


@pytest.fixture
def bare(monkeypatch):
    monkeypatch.setattr(command, "diagnose", lambda: BARE)


def test_what_cannot_be_read_is_said_to_be_unknown(bare, capsys):
    # 004-42
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "memory        unknown" in said
    assert "instructions  unknown" in said
    assert "Engines\n  none" in said
    assert "data: not set (IMAGETTE_DATA)" in said
    assert "state: /s, NOT writable (IMAGETTE_STATE moves it)" in said
    assert "mnist: not on this machine: imagette data get mnist\n" in said
    assert "fashion-sample: in the package\n" in said
    assert "Missing\n  torch: pip install 'imagette[torch]'" in said


def test_json_holds_the_same_values(bare, capsys):
    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads(json.dumps(BARE.as_json()))
    assert said["missing"] == [{"what": "torch", "remedy": "pip install 'imagette[torch]'"}]


def test_an_engine_is_told_with_its_devices_and_its_choice():
    # 000-18
    engine = Engine("torch", "2.0", ("cuda (A)", "cpu"), "takes the A")
    assert command._engine(engine) == "  torch 2.0: finds cuda (A), cpu; takes the A"
