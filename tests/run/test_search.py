import pytest

from imagette.errors import UsageError
from imagette.run.search import find_runs, runs_meant


def test_runs_are_found_at_any_depth_and_others_named(make_run, tmp_path):
    made = [make_run(folder) for folder in ("a/deep/er/run", "a/run", "b")]
    (tmp_path / "a" / "foreign" / "inner").mkdir(parents=True)
    found = find_runs(tmp_path)
    assert set(found.runs) == {run.path for run in made}
    assert found.others == (tmp_path / "a" / "foreign",)


def test_links_and_hidden_folders_are_not_entered(make_run, tmp_path):
    run = make_run("here/run")
    make_run("elsewhere/.run.1234.tmp")
    (tmp_path / "here" / "link").symlink_to(run.path)
    (tmp_path / "here" / "circle").symlink_to(tmp_path)
    assert find_runs(tmp_path).runs == (run.path,)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"absent is not a folder: name one that holds runs"):
        find_runs(tmp_path / "absent")


def test_a_title_means_its_newest_run_and_its_parent_all(make_run, tmp_path):
    runs = [make_run(title=title).path for title in ("x", "x", "y")]
    newest = max(runs[:2])
    assert runs_meant(tmp_path / "runs" / "x") == (newest,)
    assert set(runs_meant(tmp_path / "runs")) == set(runs)
    assert runs_meant(runs[0]) == (runs[0],)


def test_a_sweeps_folder_means_all_its_trials(make_run, tmp_path):
    runs = [make_run(f"sweep/{name}/seed-{seed}").path for name in "ab" for seed in (0, 1)]
    assert runs_meant(tmp_path / "sweep") == tuple(runs)
    assert runs_meant(tmp_path / "sweep" / "b") == tuple(runs[2:])


def test_a_path_without_runs_is_refused_with_the_near_miss(make_run, tmp_path):
    make_run(title="vgg8")
    with pytest.raises(UsageError, match=r"vgg9 is not a run: .* Did you mean 'vgg8'\?"):
        runs_meant(tmp_path / "runs" / "vgg9")
