"""What an experiment says of a run besides its science."""

import pytest

from imagette.errors import UsageError
from imagette.experiment import check, digest
from imagette.run_spec import RunSpec


def test_a_name_stands_for_a_tracker_with_its_defaults():  # 004-11
    run = check({"run": {"track": ["wandb", {"name": "tensorboard", "folder": "logs"}]}}, "x").run
    assert [spec.name for spec in run.track] == ["wandb", "tensorboard"]
    assert run.track[0].project == "imagette"


def test_trackers_and_logs_change_no_figure():
    loud = {"run": {"track": ["wandb"], "logging": {"level": "debug"}}}
    assert digest(check(loud, "x")) == digest(check({}, "x"))


def test_a_folder_of_event_files_stays_where_it_was_begun(tmp_path, monkeypatch):  # 004-32
    monkeypatch.chdir(tmp_path)
    run = RunSpec.model_validate({"track": ["wandb", {"name": "tensorboard", "folder": "logs"}]})
    wandb, tensorboard = run.anchored().track
    assert tensorboard.folder == str(tmp_path / "logs")
    assert wandb == run.track[0]


@pytest.mark.parametrize(
    ("track", "message"),
    [
        ("wandb", "'run.track' must be a list. Got 'wandb'."),
        (["mlflow"], "'run.track.0.name' is 'mlflow'. Choices: tensorboard, wandb."),
        (["wandb", "wandb"], "each tracker may be named once. Got wandb, wandb."),
        ([{"name": "wandb", "projet": "p"}], "Did you mean 'project'?"),
        ([{"name": "wandb", "mode": "on"}], "must be 'online', 'offline' or 'disabled'."),
    ],
)
def test_a_wrong_tracker_is_one_line(track, message):  # 004-12
    with pytest.raises(UsageError) as caught:
        check({"run": {"track": track}}, "mine.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
