import pytest

from imagette.run.variants import changes, identity, variant_names


def experiment(**sections):
    return {"seed": 0, "run": {"title": "x"}, **sections}


def test_seed_and_run_make_no_other_variant():
    one = experiment(recipe={"batch": 4})
    assert identity(one, {}) == identity({**one, "seed": 9, "run": {"title": "y"}}, {})
    assert identity(one, {}) != identity(experiment(recipe={"batch": 8}), {})
    assert identity(one, {"source": {"mine.py": "a"}}) != identity(one, {"source": {}})


@pytest.mark.parametrize(
    ("first", "other", "found"),
    [
        ({"batch": 4}, {"batch": "all"}, {"batch": "all"}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 0.5}}}, {"a.b.c": "0.5"}),
        ({"args": {"conv1": 12}}, {"args": {}}, {"args.conv1": "default"}),
        ({"args": {}}, {"args": {"conv1": 12}}, {"args.conv1": "12"}),
        ({"stopping": None}, {"stopping": {"patience": 3}}, {"stopping": "patience=3"}),
        ({"augment": []}, {"augment": [{"name": "flip"}]}, {"augment": "flip"}),
        ({"augment": [{"name": "flip"}]}, {"augment": []}, {"augment": "none"}),
        (
            {"augment": [{"name": "shift", "pixels": 4}]},
            {"augment": [{"name": "shift", "pixels": 2}]},
            {"augment": "shift pixels=2"},
        ),
        (
            {"optimiser": {"name": "sgd", "rate": 1, "momentum": 0.9}},
            {"optimiser": {"name": "adam", "rate": 1, "betas": [0.9, 0.999]}},
            {"optimiser": "adam"},
        ),
    ],
)
def test_what_differs_is_said_by_its_key(first, other, found):
    assert changes(experiment(**first), experiment(**other)) == found


def test_one_key_names_all_variants():  # 001-18
    found = [{"recipe": {"batch": batch}} for batch in (4, 16, "all")]
    assert variant_names(found, ["x"] * 3) == ("batch=4", "batch=16", "batch=all")


def test_two_optimisers_are_named_for_what_they_are():  # 002-18
    found = [
        {"recipe": {"optimiser": {"name": name, "rate": rate}}}
        for name, rate in (("sgd", 0.005), ("adam", 0.001))
    ]
    names = variant_names(found, ["x", "x"])
    assert names == ("optimiser=sgd, rate=0.005", "optimiser=adam, rate=0.001")


def test_the_first_of_a_grid_is_named_by_its_title():
    found = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 2}]
    assert variant_names(found, ["base"] * 4) == ("base", "a=2", "b=2", "a=2, b=2")


def test_keys_that_end_alike_are_written_whole():
    found = [{"recipe": {"batch": 4}, "evaluation": {"batch": 9}}, {}]
    found[1] = {"recipe": {"batch": 8}, "evaluation": {"batch": 8}}
    assert variant_names(found, ["x", "y"])[1] == "recipe.batch=8, evaluation.batch=8"


def test_what_is_too_long_for_a_name_is_told_by_the_title():
    texts = [{"network": {"text": f"flatten\nlinear {n}\nlinear classes"}} for n in (5, 6, 7)]
    assert variant_names(texts, ["five", "six", "six"]) == ("five", "six", "six #2")


def test_trials_of_one_sweep_keep_their_names():
    found = [{"a": {"b": n}} for n in (1, 2)]
    assert variant_names(found, ["s: plain", "s: doubled"]) == ("plain", "doubled")
    assert variant_names(found, ["s: plain", "t: doubled"]) == ("b=1", "b=2")
    assert variant_names(found, ["s: plain", "s: plain"]) == ("b=1", "b=2")


def test_a_variant_alone_has_its_title():
    assert variant_names([{"a": 1}], ["alone"]) == ("alone",)
