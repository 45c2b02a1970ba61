import pytest

from imagette.errors import StoreError, UsageError
from imagette.store.tracking import Told, read_told, telling, tracking_folder, write_told

TOLD = Told((0, 5), ("a", "b"), 1, {"validation": "c"})


def test_how_far_a_tracker_was_told_comes_back(make_run):
    run = make_run()
    write_told(run, "tensorboard", {"folder": "x"}, TOLD)
    assert read_told(run, "tensorboard", {"folder": "x"}) == TOLD


def test_another_place_was_told_nothing(make_run):
    run = make_run()
    write_told(run, "tensorboard", {"folder": "x"}, TOLD)
    assert read_told(run, "tensorboard", {"folder": "y"}) == Told()
    assert read_told(run, "wandb", {"folder": "x"}) == Told()


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"version": 1}', '{"version": 2}', '{"version": 1, "target": {}, "told": 3}'],
)
def test_a_damaged_note_is_named_with_its_remedy(make_run, text):
    run = make_run()
    (tracking_folder(run) / "wandb.json").write_text(text)
    with pytest.raises(StoreError, match=r"wandb\.json is .*(again|anew)"):
        read_told(run, "wandb", {})


def test_one_process_tells_a_tracker(make_run):
    run = make_run()
    with (
        telling(run, "wandb"),
        telling(run, "tensorboard"),
        pytest.raises(UsageError, match=r"followed for wandb by another process"),
        telling(run, "wandb"),
    ):
        pass


def test_nothing_is_written_through_a_link(make_run, tmp_path):
    run = make_run()
    (tmp_path / "other").mkdir()
    (run.path / "tracking").symlink_to(tmp_path / "other")
    with pytest.raises(StoreError, match=r"tracking is a link"):
        tracking_folder(run)
    (run.path / "tracking").unlink()
    (tracking_folder(run) / "tensorboard").symlink_to(tmp_path / "other")
    with pytest.raises(StoreError, match=r"tensorboard is a link"):
        tracking_folder(run)
