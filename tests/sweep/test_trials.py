import pytest

from imagette.errors import UsageError
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import MAX_PROBLEMS, counted, plan_trials


def planned(**parts):
    return plan_trials(Sweep(**{"title": "t", "base": {"network": {"name": "ffnn"}}, **parts}))


def names(**parts):
    return [trial.name for trial in planned(**parts)]


def refusal(**parts):
    with pytest.raises(UsageError) as caught:
        planned(**parts)
    return str(caught.value).splitlines()


def test_a_grid_is_named_by_its_values():  # 001-18
    assert names(grid={"recipe.batch": [4, 16], "data.name": ["mnist", "cifar10"]}) == [
        "batch=4, data=mnist",
        "batch=4, data=cifar10",
        "batch=16, data=mnist",
        "batch=16, data=cifar10",
    ]


def test_pairs_walk_together():
    trials = planned(pairs={"recipe.batch": [4, 16], "recipe.epochs": [1, 2]})
    assert [trial.name for trial in trials] == ["batch=4, epochs=1", "batch=16, epochs=2"]
    recipe = trials[1].experiment.recipe
    assert (recipe.batch, recipe.epochs) == (16, 2)


def test_variants_keep_their_names_and_an_empty_one_is_the_base():  # 001-27
    doubled, plain = planned(variants={"doubled": {"network.width": 2}, "plain": {}})
    assert (doubled.name, doubled.experiment.network.width) == ("doubled", 2)
    assert (plain.name, plain.experiment.network.width, plain.settings) == ("plain", 1, {})


def test_an_ablation_has_all_and_one_without_each():  # 001-36
    ablate = {
        "flip": {"recipe.augment": ["shift"]},
        "momentum": {"recipe.optimiser.momentum": 0.0},
    }
    base = {"recipe": {"augment": ["flip", "shift"], "optimiser": {"name": "sgd", "momentum": 0.9}}}
    trials = planned(base=base, ablate=ablate)
    assert [trial.name for trial in trials] == ["all", "without flip", "without momentum"]
    assert [len(trial.experiment.recipe.augment) for trial in trials] == [2, 1, 2]
    assert [trial.experiment.recipe.optimiser.momentum for trial in trials] == [0.9, 0.9, 0.0]


def test_without_changes_there_is_the_base_alone():
    assert names(seeds=2) == ["base", "base"]


def test_an_experiment_is_base_set_settings_and_seed():  # 003-23
    trial = planned(
        base={"recipe": {"epochs": 9, "batch": 8}},
        set={"recipe.batch": 32},
        grid={"recipe.optimiser": [{"name": "adam", "rate": 0.5}]},
        seeds=[7],
    )[0]
    experiment = trial.experiment
    assert (experiment.recipe.epochs, experiment.recipe.batch, experiment.seed) == (9, 32, 7)
    assert experiment.recipe.optimiser.rate == 0.5
    assert experiment.run.title == "t: optimiser=adam"
    assert trial.folder == "optimiser-adam/seed-7"
    assert trial.settings == {"recipe.optimiser": {"name": "adam", "rate": 0.5}}


@pytest.mark.parametrize(
    "parts",
    [
        {"grid": {"recipe.optimiser.rate": [0.5], "recipe.optimiser.name": ["adam"]}},
        {"grid": {"recipe.optimiser.name": ["adam"], "recipe.optimiser.rate": [0.5]}},
        {
            "variants": {"fast": {"recipe.optimiser.rate": 0.5}},
            "grid": {"recipe.optimiser.name": ["adam"]},
        },
        {"set": {"recipe.optimiser.rate": 0.5}, "grid": {"recipe.optimiser.name": ["adam"]}},
    ],
)
def test_no_part_takes_back_what_another_says(parts):  # 001-26
    base = {"recipe": {"optimiser": {"name": "sgd", "momentum": 0.9}}}
    (trial,) = planned(base=base, **parts)
    optimiser = trial.experiment.recipe.optimiser
    assert (optimiser.name, optimiser.rate) == ("adam", 0.5)


def test_a_width_holds_for_every_network():
    trials = planned(grid={"network.width": [2], "network.name": ["ffnn", "cnn_mnist"]})
    assert [trial.experiment.network.width for trial in trials] == [2, 2]
    assert [trial.experiment.network.name for trial in trials] == ["ffnn", "cnn_mnist"]


def test_names_that_make_one_folder_get_two():
    trials = planned(variants={"a b": {}, "A: b": {"network.width": 2}})
    assert [trial.folder for trial in trials] == ["a-b/seed-0", "A-b-2/seed-0"]


def test_a_long_value_is_told_by_its_number():  # 001-22
    texts = ["flatten\nlinear classes", "flatten\nlinear 9\nrelu\nlinear classes"]
    assert names(grid={"network.text": texts}) == ["text=#1", "text=#2"]


def test_more_than_a_thousand_trials_need_consent_and_none_is_made():
    grid = {f"network.args.a{i}": list(range(100)) for i in range(3)}
    assert refusal(grid=grid) == [
        "t asks for 1,000,000 trials = 100 network.args.a0 x 100 network.args.a1 x "
        "100 network.args.a2 x 1 seed; more than 1,000 need --yes."
    ]
    sweep = Sweep(title="t", base={}, seeds=1001)
    assert counted(sweep) == "1,001 trials = 1,001 seeds"
    assert len(plan_trials(sweep, most=None)) == 1001


def test_an_axis_that_names_no_key_is_refused_once_with_the_near_miss():  # 004-12
    head, line = refusal(grid={"recipe.bach": [1, 2, 3]})
    assert head == "t: 3 of 3 trials cannot run, so none does:"
    assert line.startswith(
        "  bach=1 and 2 others: unknown key 'recipe.bach'. Did you mean 'batch'? Choices: "
    )


def test_all_problems_of_all_trials_are_told_at_once():  # 004-12
    head, *problems = refusal(
        variants={
            "typo": {"recipe.optimiser": "adm"},
            "argument": {"network.args.hiden": 3},
            "shape": {"network.text": "conv 4 99x99\nflatten\nlinear classes"},
            "good": {},
            "data": {"data.name": "mnst"},
        },
    )
    assert head == "t: 4 of 5 trials cannot run, so none does:"
    for name, part in zip(
        ("typo", "argument", "shape", "data"), ("adam", "hidden", "99x99", "mnist"), strict=True
    ):
        assert [line for line in problems if line.startswith(f"  {name}: ") and part in line]


def test_a_variant_s_name_moves_no_cursor():
    _, line = refusal(variants={"wide, \x1b[2J": {"recipe.epochs": -1}})
    assert line.isprintable()
    assert line.startswith("  wide, ")


def test_a_thousand_different_problems_are_not_a_thousand_lines():
    lines = refusal(grid={"recipe.epochs": list(range(-40, 0))})
    assert len(lines) == MAX_PROBLEMS + 2
    assert lines[-1] == "  and 30 more problems"


def test_a_base_that_is_wrong_is_told_as_such():
    assert refusal(base={"recipe": {"epoch": 1}})[0].startswith(
        "the base of t: unknown key 'recipe.epoch'. Did you mean 'epochs'?"
    )
