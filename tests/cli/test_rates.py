import json

from PIL import Image

from imagette.cli import main as cli

SMALL = ["first_light", "--set", "data.limit=500", "--steps", "30", "--high", "0.05"]


def test_it_draws_the_losses_and_says_where_they_fall(tmp_path, capsys):  # 003-19
    picture = tmp_path / "rates.png"
    assert cli.main(["rates", *SMALL, "--low", "1e-4", "--out", str(picture)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("rates    30 steps, from 0.0001 to 0.05\nlowest   the loss is lowest at")
    assert Image.open(picture).size[0] > 500
    assert cli.main(["rates", *SMALL, "--out", str(picture)]) == 2
    assert "exists: give --overwrite" in capsys.readouterr().err


def test_it_prints_values_and_draws_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["rates", *SMALL, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert len(values["losses"]) == len(values["smoothed"]) == 30
    assert values["figure"] is None
    assert list(tmp_path.iterdir()) == []
