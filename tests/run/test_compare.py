import json

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.run.compare import compare_runs
from imagette.run.evaluate import evaluate_run
from imagette.run.runs import note_run

HALF = [True] * 10 + [False] * 10


def seeds(make_run, name, finals, **sections):
    """Runs of one variant below the folder `all`, with these final accuracies."""
    return [
        make_run(f"all/{name}/seed-{seed}", (0.1, 0.4, final), seed=seed, title=name, **sections)
        for seed, final in enumerate(finals)
    ]


def test_runs_that_differ_by_their_seed_alone_are_one_variant(make_run, tmp_path):
    seeds(make_run, "b", (0.70, 0.72, 0.74), recipe={"batch": 4})
    seeds(make_run, "a", (0.60, 0.61, 0.62), recipe={"batch": 16})
    found = compare_runs([tmp_path / "all"])
    assert [variant.name for variant in found.variants] == ["batch=4", "batch=16"]
    accuracy = found.variants[0].accuracy
    assert accuracy.mean == pytest.approx(0.72)
    assert accuracy.deviation == pytest.approx(0.02)
    assert accuracy.n == 3
    assert (found.splits, found.against) == (("validation",), "batch=4")


def test_a_difference_is_paired_by_seed(make_run, tmp_path):  # 001-29
    seeds(make_run, "b", (0.70, 0.62, 0.74))
    seeds(make_run, "a", (0.60, 0.53, 0.65, 0.99), recipe={"batch": 16})
    variants = compare_runs([tmp_path / "all"]).variants
    assert variants[0].difference is None
    assert variants[0].no_difference is None
    difference = variants[1].difference
    assert (difference.n, difference.over, difference.verdict) == (3, "seeds", "worse")
    assert difference.mean == pytest.approx(-0.28 / 3)


def test_another_variant_can_be_the_one_compared_with(make_run, tmp_path):
    seeds(make_run, "b", (0.70, 0.72), recipe={"batch": 4})
    seeds(make_run, "a", (0.60, 0.61), recipe={"batch": 16})
    found = compare_runs([tmp_path / "all"], against="batch=16")
    assert found.variants[0].difference.mean == pytest.approx(0.105)
    assert found.variants[1].difference is None
    with pytest.raises(UsageError, match=r"^No variant is called 'batch=1'\. Did you mean 'batch="):
        compare_runs([tmp_path / "all"], against="batch=1")


def test_one_seed_each_is_paired_by_image(make_run):
    one = make_run("one", right=[True] * 20)
    other = make_run("other", right=HALF, recipe={"batch": 16}, seed=5)
    found = compare_runs([one.path, other.path])
    difference = found.variants[1].difference
    assert (difference.mean, difference.n, difference.over) == (-0.5, 20, "images")
    assert difference.verdict == "worse"
    told = f"{found.variants[1].name}: no seed in common with {found.against}; one training of each"
    assert any(remark.startswith(told) for remark in found.remarks)
    again = make_run("again", right=HALF, recipe={"batch": 16}, seed=0)
    assert not any("no seed" in remark for remark in compare_runs([one.path, again.path]).remarks)


@pytest.mark.parametrize(
    ("others", "data", "why"),
    [
        ((2, 3, 4), {}, "one seed in common with"),
        ((0, 1, 2), {"split_seed": 1}, "judged on other images than"),
    ],
)
def test_seeds_that_are_not_compared_are_told(make_run, tmp_path, others, data, why):
    for seed in (0, 1, 2):
        make_run(f"all/one-{seed}", right=[True] * 20, seed=seed)
    for seed in others:
        make_run(f"all/two-{seed}", right=HALF, seed=seed, recipe={"batch": 16}, data=data)
    found = compare_runs([tmp_path / "all"])
    (told,) = [remark for remark in found.remarks if "is compared" in remark]
    assert f": {why} {found.against}; one training of each is compared, seed {others[0]}" in told


def test_answers_that_were_not_kept_or_are_of_other_weights_are_not_taken(experiment, trained):
    runs = [
        trained(experiment(data={"limit": 200}, recipe={"batch": batch})).folder
        for batch in (50, 100)
    ]
    paths = [run.path for run in runs]
    assert compare_runs(paths).variants[1].difference.over == "images"
    figures, arrays = runs[1].read_evaluation("validation")
    (paths[1] / "evaluation" / "validation.json").unlink()
    lost = compare_runs(paths).variants[1]
    runs[1].write_evaluation("validation", {**figures, "checkpoint": 1}, arrays)
    assert compare_runs(paths).variants[1] == lost
    assert lost.difference is None
    assert lost.no_difference == (
        "the last weights' answers on validation are not kept: "
        f"imagette evaluate {paths[1]} --split validation"
    )
    assert lost.accuracy.mean == runs[1].history()[-1]["validation_accuracy"]
    evaluate_run(paths[1])
    assert compare_runs(paths).variants[1].difference.n == figures["n"]


def moved(run, by):
    """The run, as if it had been judged on images numbered from `by` on."""
    figures, arrays = run.read_evaluation("validation")
    arrays["image_digests"] = arrays["image_digests"] + np.uint8(by)
    run.write_evaluation("validation", figures, arrays)
    return run


def test_images_are_paired_by_what_they_are_not_by_where_they_stand(make_run):
    one = make_run("one", right=HALF)
    other = moved(make_run("other", right=HALF, data={"split_seed": 3}), by=5)
    difference = compare_runs([one.path, other.path]).variants[1].difference
    assert (difference.n, difference.over) == (15, "images")
    assert difference.only == (5, 0)  # images 10 to 14, which only the second has right


def test_too_few_common_images_are_compared_without_pairing(make_run):
    one = make_run("one", right=[True] * 20)
    other = moved(make_run("other", right=HALF, data={"split_seed": 3}), by=15)
    difference = compare_runs([one.path, other.path]).variants[1].difference
    assert (difference.n, difference.over, difference.verdict) == (20, "other images", "worse")
    assert difference.mean == -0.5
    assert difference.only is None


def test_other_data_sets_have_no_difference(make_run):
    one = make_run("one", right=HALF)
    other = make_run("other", right=HALF, data={"name": "mnist"})  # 002-28
    (_, variant) = compare_runs([one.path, other.path]).variants
    assert variant.no_difference == "judged on another data set"


def test_seeds_of_runs_judged_on_other_images_are_not_paired(make_run, tmp_path):
    for seed in (0, 1):
        make_run(f"all/a{seed}", right=HALF, seed=seed)
        moved(make_run(f"all/b{seed}", right=HALF, seed=seed, data={"split_seed": 3}), by=18)
    (_, variant) = compare_runs([tmp_path / "all"]).variants
    assert (variant.difference.over, variant.difference.n) == ("other images", 20)


def test_beside_seeds_stands_the_interval_over_images(make_run):
    paths = []
    for seed in range(3):
        final = 0.6 + seed / 100
        better = make_run(f"a{seed}", (0.1, 0.4, final + 0.2), right=[True] * 20, seed=seed)
        worse = make_run(f"b{seed}", (0.1, 0.4, final), right=HALF, seed=seed, recipe={"batch": 4})
        paths += [better.path, worse.path]
    difference = compare_runs(paths, against="batch=4").variants[0].difference
    assert difference.over == "seeds"
    low, high = difference.on_images
    assert 0.2 < low < 0.5 < high < 0.8
    (paths[0] / "evaluation" / "validation.json").unlink()
    assert compare_runs(paths, against="batch=4").variants[0].difference.on_images is None


def test_all_differences_are_corrected_together(make_run):
    runs = [make_run("one", right=[True] * 20)]
    runs += [make_run(f"{n}", right=HALF, recipe={"batch": 8 + n}) for n in range(3)]
    found = compare_runs([run.path for run in runs])
    differences = [variant.difference for variant in found.variants[1:]]
    assert [one.comparisons for one in differences] == [3, 3, 3]
    assert all(one.p == 2 / 2**10 for one in differences)
    assert all(one.corrected == 6 / 2**10 for one in differences)


def told(run, **data):
    """The run, whose environment.json says this of its data."""
    path = run.path / "environment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "data": data}))
    return run


def test_data_of_one_name_and_other_contents_are_never_paired(make_run):
    folders = [
        told(make_run(f"{name}{seed}", right=HALF, seed=seed), digest=name, validation=20)
        for name in ("a", "b")
        for seed in (0, 1)
    ]
    first, second = compare_runs([run.path for run in folders]).variants
    assert (len(first.counted), len(second.counted)) == (2, 2)
    assert second.no_difference == "judged on another data set"


def test_code_or_a_network_of_one_name_and_other_contents_is_another_variant(make_run):
    plain, edited, wider = (make_run(f"{n}") for n in range(3))
    for run, code in ((plain, b"1"), (edited, b"2"), (wider, b"1")):
        run.source.mkdir()
        (run.source / "mine.py").write_bytes(code)
    (wider.path / "cost.json").write_text(json.dumps({**wider.cost(), "parameters": 9}))
    found = compare_runs([plain.path, edited.path, wider.path])
    assert [variant.name for variant in found.variants] == ["made", "made #2", "made #3"]
    assert [len(variant.runs) for variant in found.variants] == [1, 1, 1]


def test_parts_that_are_not_counted_stand_with_the_operations(make_run):
    run = make_run()
    path = run.path / "cost.json"
    path.write_text(json.dumps({"uncounted": ["fft"], **run.cost()}))
    (variant,) = compare_runs([run.path]).variants
    assert variant.uncounted == ("fft",)
    values = variant.as_json()
    assert (values["operations"], values["uncounted"]) == (15680, ["fft"])


def test_splits_are_never_mixed_silently(make_run):
    one = make_run("one")
    course = make_run(
        "course",
        splits=("train", "test"),
        data={"validation": 0},
        evaluation={"test": "each-epoch"},
        title="course",
    )
    bare = make_run("bare", splits=("train",), data={"validation": 0}, title="bare")
    found = compare_runs([one.path, course.path, bare.path])
    assert [variant.split for variant in found.variants] == ["validation", "test", "train"]
    assert found.splits == ("validation", "test", "train")
    assert all(variant.difference is None for variant in found.variants)
    assert found.variants[1].no_difference.startswith("judged on test, ")
    assert any(remark.endswith("which was watched each epoch") for remark in found.remarks)
    assert any(remark.endswith("it measured no others") for remark in found.remarks)
    assert [curve.name.rpartition(" ")[2] for curve in found.curves] == [
        "(validation)",
        "(test)",
        "(train)",
    ]


def test_a_split_that_all_have_is_taken(make_run):
    test = {"evaluation": {"test": "each-epoch"}}
    both = make_run("both", splits=("validation", "test"), **test)
    course = make_run("course", splits=("test",), data={"validation": 0}, **test)
    assert compare_runs([both.path, course.path]).splits == ("test",)


def test_an_opened_test_set_is_taken_where_all_have_it_and_no_validation(make_run):
    bare = {"splits": ("train",), "data": {"validation": 0}}
    one, other = make_run("one", **bare), make_run("other", **bare, recipe={"batch": 16})
    for run in (one, other):
        arrays = {
            "logits": np.eye(2)[[0, 0, 1]],
            "labels": np.zeros(3, np.int32),
            "image_digests": np.repeat(np.arange(3, dtype=np.uint8)[:, None], 32, axis=1),
        }
        run.write_evaluation("test", {"accuracy": 2 / 3, "checkpoint": 2}, arrays)
    found = compare_runs([one.path, other.path])
    assert found.splits == ("test",)
    assert found.variants[1].difference.n == 3
    assert found.remarks[0].endswith("on the test set, opened for its last weights")
    (other.path / "evaluation" / "test.json").unlink()
    assert "test" not in {v.split for v in compare_runs([other.path]).variants}


def test_a_test_set_that_was_opened_for_one_seed_alone_is_not_read_for_the_variant(make_run):
    bare = {"splits": ("train",), "data": {"validation": 0}}
    one, other = (make_run(f"{seed}", seed=seed, **bare) for seed in (0, 1))
    one.write_evaluation("test", {"accuracy": 1.0, "checkpoint": 2}, {"logits": np.eye(2)})
    (variant,) = compare_runs([one.path, other.path]).variants
    assert (variant.split, variant.accuracy.n) == ("train", 2)


def test_a_test_set_that_one_opened_is_not_read_for_the_others(make_run):
    one, other = make_run("one", right=HALF), make_run("other", right=HALF, recipe={"batch": 16})
    one.write_evaluation("test", {"accuracy": 1.0, "checkpoint": 2}, {"logits": np.eye(2)})
    found = compare_runs([one.path, other.path])
    assert found.splits == ("validation",)
    assert found.variants[0].accuracy.mean == 0.7


def test_without_any_other_images_train_is_judged_at_the_end(experiment, trained):
    folder = trained(experiment(data={"limit": 200, "validation": 0})).folder
    (variant,) = compare_runs([folder.path]).variants
    assert variant.split == "train"
    assert variant.accuracy.mean == folder.evaluation_figures("train")["accuracy"]


def test_unfinished_runs_are_listed_but_not_counted(make_run):  # 001-39
    runs = [make_run(f"{n}", seed=n) for n in range(2)]
    runs.append(make_run("2", seed=2, finished=False))
    runs[2].append_log("failed: The loss became nan at step 3.")
    found = compare_runs([run.path for run in runs])
    assert found.variants[0].accuracy.n == 2
    assert found.remarks == (
        f"not counted: {runs[2].path}: failed (The loss became nan at step 3.), epoch 2 of 2",
    )
    alone = compare_runs([runs[2].path]).variants[0]
    assert (alone.accuracy, alone.curve, alone.train_seconds) == (None, None, None)
    assert len(alone.set_aside) == 1


def test_a_variant_none_of_whose_runs_finished_stands_beside_the_others(make_run):
    good = make_run("good")
    failed = make_run("failed", recipe={"batch": 16}, finished=False)
    variant = compare_runs([good.path, failed.path]).variants[1]
    assert (variant.split, variant.accuracy, variant.difference) == (None, None, None)
    assert variant.no_difference == "no finished run on one side"


def test_a_seed_counts_once_however_often_it_was_run(make_run):
    runs = [make_run(f"{n}", (0.1, 0.4, 0.5 + n / 10)) for n in range(2)]
    found = compare_runs([run.path for run in runs])
    assert found.variants[0].accuracy.n == 1
    assert found.variants[0].accuracy.mean == pytest.approx(0.6)
    assert found.remarks == (
        f"not counted: {runs[0].path}: seed 0 again, a newer run of it counts",
    )


def test_a_run_given_twice_is_one_and_that_is_said(make_run):
    run = make_run("one")
    found = compare_runs([run.path, run.path])
    assert len(found.variants[0].runs) == 1
    assert found.remarks == (f"named twice, it counts once: {run.path}",)


def test_a_damaged_run_is_left_out_and_named(make_run, tmp_path):
    make_run("all/good")
    bad = make_run("all/bad")
    (bad.path / "resolved.json").write_text('{"seed": 0}')
    found = compare_runs([tmp_path / "all"])
    assert len(found.variants) == 1
    assert found.remarks[0].startswith(f"left out: {bad.path} is damaged")
    with pytest.raises(UsageError, match=r"^There is no run to compare\. left out: .*/bad is dam"):
        compare_runs([bad.path])


def test_a_key_that_an_earlier_version_lacked_makes_no_other_variant(make_run):
    old, new = make_run("old", seed=1), make_run("new", seed=2)
    values = old.resolved()
    del values["recipe"]["stopping"]
    (old.path / "resolved.json").write_text(json.dumps(values))
    assert len(compare_runs([old.path, new.path]).variants) == 1


def test_parameters_operations_time_losses_and_notes_stand_beside(make_run):  # 001-27, 001-18
    runs = [make_run(f"{n}", seed=n, seconds=2.0 + n) for n in range(2)]
    note_run(runs[0].path, "too short")
    (variant,) = compare_runs([run.path for run in runs]).variants
    assert (variant.parameters, variant.operations) == (7850, 15680)
    assert (variant.train_seconds, variant.seconds_per_epoch) == (5.0, 2.5)
    assert variant.losses == {"validation": pytest.approx(0.3)}
    assert variant.notes == ("too short",)


def test_accuracy_is_given_per_epoch_and_per_second(make_run):  # 001-18
    make_run("0", (0.1, 0.4, 0.6), seed=0, seconds=2.0)
    runs = [make_run("1", (0.3, 0.6, 0.7), seed=1, seconds=4.0)]
    runs.append(make_run("2", (0.2, 0.5), seed=2, seconds=3.0, recipe={"epochs": 2}))
    curve = compare_runs([run.path.parent / str(n) for n, run in enumerate([runs[0], *runs])])
    (curve,) = curve.curves
    assert curve.epochs == (0, 1)  # that all have
    assert curve.seconds == (0.0, 3.0)
    assert curve.accuracy == (pytest.approx(0.2), pytest.approx(0.5))
    assert (curve.lowest[1], curve.highest[1], curve.n) == (0.4, 0.6, 3)


def test_the_values_are_json(make_run):
    one = make_run("one", right=HALF)
    other = make_run("other", right=HALF, recipe={"batch": 16})
    values = json.loads(json.dumps(compare_runs([one.path, other.path]).as_json()))
    variant = values["variants"][1]
    assert variant["difference"]["verdict"] == "no difference shown"
    assert variant["accuracy"] == {"mean": 0.7, "deviation": None, "n": 1}
    assert variant["curve"]["seconds"] == [0, 2, 4]
    assert variant["runs"][0]["state"] == "finished"
    assert values["splits"] == ["validation"]


def test_accuracies_of_several_views_are_compared_and_said_apart(experiment, trained):  # 000-25
    ended = trained(experiment(evaluation={"views": 2}))
    found = compare_runs([ended.folder.path])
    (variant,) = found.variants
    single = ended.folder.history()[-1]["validation_accuracy"]
    assert variant.accuracy.mean == ended.evaluation.accuracy
    (run,) = variant.as_json()["runs"]
    assert (run["views"], run["accuracy_single"]) == (2, single)
    assert found.remarks == (
        f"{variant.name}: accuracy of 2 views an image, averaged; "
        f"of one view {100 * single:.2f} %, as in the figure",
    )
