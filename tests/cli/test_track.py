"""`imagette track`, as its user sees it."""

import pytest

from imagette.cli.main import main


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main(list(words))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_it_says_how_much_it_told_and_where_it_is_shown(make_run, capsys):  # 004-11
    run = make_run()
    code, out, err = imagette(capsys, "track", str(run.path), "--to", "tensorboard")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "told     3 epochs that tensorboard did not know",
        f"shown    {run.path / 'tracking' / 'tensorboard'}, shown by tensorboard --logdir",
    ]
    _, again, _ = imagette(capsys, "track", str(run.path), "--to", "tensorboard", "--follow")
    assert again.startswith("told     0 epochs")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "mlflow"], "'mlflow' is not one of 'tensorboard', 'wandb'"),
        (["--to", "tensorboard", "--project", "p"], "--project is for --to wandb."),
        (["--to", "wandb", "--folder", "f"], "--folder is for --to tensorboard."),
        (["--to", "wandb", "--id", "a b"], "'track.0.id': 1 to 64 of a-z, A-Z, 0-9, _ and -."),
        (["--to", "wandb", "--mode", "on"], "'on' is not one of 'online', 'offline'"),
        ([], "Missing option '--to'"),
    ],
)
def test_a_wrong_word_is_one_line(make_run, capsys, words, message):
    code, out, err = imagette(capsys, "track", str(make_run().path), *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_no_such_run_is_one_line(tmp_path, capsys):
    code, _, err = imagette(capsys, "track", str(tmp_path / "none"), "--to", "tensorboard")
    assert code == 2
    assert "none is not a run" in err


def test_a_run_that_switches_it_off_says_how_to_switch_it_on(make_run, capsys):
    run = make_run()
    text = (run.path / "resolved.json").read_text()
    off = '"track": [{"name": "wandb", "mode": "disabled"}]'
    (run.path / "resolved.json").write_text(text.replace('"track": []', off))
    code, _, err = imagette(capsys, "track", str(run.path), "--to", "wandb")
    assert code == 2
    assert err.endswith("switches wandb off itself: give --mode online or offline.\n")


def test_a_place_that_cannot_be_written_is_one_line(make_run, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    place = str(tmp_path / "file" / "logs")
    words = ["track", str(make_run().path), "--to", "tensorboard", "--folder", place]
    code, out, err = imagette(capsys, *words)
    assert (code, out) == (1, "")
    assert err.startswith("imagette: error: ")
    assert place in err


def test_an_absent_package_is_one_line(make_run, capsys, monkeypatch):  # 004-11
    monkeypatch.setattr("imagette.track.trackers.find_spec", lambda name: None)
    code, _, err = imagette(capsys, "track", str(make_run().path), "--to", "wandb")
    assert code == 1
    assert err == (
        "imagette: error: Weights & Biases (tracking) is not installed: "
        "pip install 'imagette[wandb]'\n"
    )
