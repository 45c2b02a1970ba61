"""An ablation is published as figures alone, and read back as it was."""

import json

import pytest

from imagette.errors import StoreError, UsageError
from imagette.run.ablation import ablation_of, read_ablations, write_ablation


@pytest.fixture
def sweep(make_run, tmp_path):
    """Two variants of three seeds each."""
    for seed in range(3):
        make_run(
            f"sweep/full/{seed}", accuracies=(0.1, 0.90 + seed / 100), seed=seed, title="a: full"
        )
        changed = {"recipe": {"batch": 7}, "title": "a: small"}
        lower = (0.1, 0.85 + seed / 90)
        make_run(f"sweep/small/{seed}", accuracies=lower, seconds=3.0, seed=seed, **changed)
    return tmp_path / "sweep"


def test_variants_have_means_differences_and_a_ratio_of_time(sweep, tmp_path):  # 001-37
    found = ablation_of([sweep], "of mine")
    full, small = found.variants
    assert (found.experiment, found.against, found.split) == ("of-mine", full.name, "validation")
    assert (full.n, full.difference, full.ratio) == (3, None, 1.0)
    assert (small.n, small.over, small.ratio) == (3, "seeds", 1.5)
    assert small.difference == pytest.approx(-0.05 + 1 / 90 - 1 / 100)
    assert small.verdict == "worse"
    assert read_ablations(tmp_path) == ()
    write_ablation(tmp_path, found)
    assert read_ablations(tmp_path) == (found,)
    with pytest.raises(UsageError, match="is there: give --overwrite"):
        write_ablation(tmp_path, found)


def test_a_time_that_nobody_knows_is_no_ratio(sweep, tmp_path):
    for timings in sweep.glob("full/*/timings.jsonl"):
        timings.unlink()
    full, small = ablation_of([sweep], "a").variants
    assert (full.ratio, small.ratio) == (None, None)


def test_one_of_a_later_format_is_refused(sweep, tmp_path):
    path = write_ablation(tmp_path, ablation_of([sweep], "a"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(StoreError, match="has format 2, newer than 1"):
        read_ablations(tmp_path)


def test_variants_without_a_finished_run_are_refused(make_run, tmp_path):
    make_run("sweep/a/0", finished=False)
    with pytest.raises(UsageError, match="An ablation needs"):
        ablation_of([tmp_path / "sweep"], "a")
