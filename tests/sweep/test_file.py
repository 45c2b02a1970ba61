import json
from pathlib import Path

import pytest

from imagette import load
from imagette.errors import UsageError
from imagette.sweep.file import read_sweep, shipped_sweeps
from imagette.sweep.trials import plan_trials

ROOT = Path(__file__).parents[2]

TOML = """
base = "first_light"
seeds = 2
[set]
data.limit = 200
[grid]
recipe.batch = [16, 32]
"recipe.epochs" = [1]
[variants.doubled]
network.width = 2
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def refusal(path):
    with pytest.raises(UsageError) as caught:
        read_sweep(path)
    return str(caught.value)


def test_toml_and_json_say_the_same(written):
    values = {
        "title": "mine",
        "base": "first_light",
        "seeds": 2,
        "set": {"data.limit": 200},
        "grid": {"recipe.batch": [16, 32], "recipe.epochs": [1]},
        "variants": {"doubled": {"network.width": 2}},
    }
    sweep = read_sweep(written(TOML))
    assert sweep == read_sweep(written(json.dumps(values), "other.json"))
    assert sweep.title == "mine"
    assert sweep.base["network"] == {"name": "cnn_mnist"}
    assert sweep.grid == {"recipe.batch": (16, 32), "recipe.epochs": (1,)}


def test_the_example_of_the_documentation_is_what_it_says(written):
    text = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    trials = plan_trials(read_sweep(written(example)))
    assert len(trials) == 2 * 2 * 2 * 2 * 2 * 5
    assert all(f"`{name}`" in text for name in shipped_sweeps())


def test_a_base_is_found_beside_the_sweep(written):
    written("[recipe]\nepochs = 77\n", "below/base.toml")
    for name in ("base.toml", "./base.toml", "../below/base.toml"):
        sweep = read_sweep(written(f'base = "{name}"\n', "below/mine.toml"))
        assert sweep.base == {"recipe": {"epochs": 77}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'base' must be given."),
        ('base = "frist_light"', "No experiment is called 'frist_light'. Did you mean 'first_"),
        (f'base = "{"é" * 200}"', "No experiment is called 'éééé"),  # too long for a file's name
        ('base = "no/such.toml"', "such.toml' is there."),
        ('base = "first_light"\ngird = {}', "unknown key 'gird'. Did you mean 'grid'?"),
        ('base = "first_light"\n[grid]\nrecipe.batch = 3', "must be a list of values. Got 3"),
        ("base = 3", "'base' must be a table"),
        ("base = ", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_clear_line(written, text, message):
    assert message in refusal(written(text))


def test_all_problems_of_a_file_are_told_at_once(written):
    told = refusal(written('base = "first_light"\nseeds = 0\ntitel = "x"\n'))
    assert "has 2 problems" in told


def test_a_missing_file_and_an_unknown_name_are_told_apart():
    assert refusal("no/such.toml") == "No sweep file 'no/such.toml' is there."
    assert refusal("batch_size").startswith(
        "No sweep is called 'batch_size'. Did you mean 'batch_sizes'?"
    )


# The sources' questions: 001-19, 001-22, 001-23, 001-26, 001-18, 001-36, 002-18, 002-13, 002-28,
# 003-16, 003-17, 003-18, 003-19, 003-20, 003-21.
@pytest.mark.parametrize("name", shipped_sweeps())
def test_every_shipped_sweep_can_run(name):
    trials = plan_trials(read_sweep(name))
    assert len(trials) > 1
    assert {trial.experiment.run.folder for trial in trials} == {"runs"}


@pytest.mark.parametrize("path", shipped_sweeps().values(), ids=lambda path: path.stem)
def test_every_shipped_sweep_says_whose_question_it_is_and_its_command(path: Path):
    head = path.read_text(encoding="utf-8").splitlines()[:3]
    assert head[1].startswith(("# Source:  001 asks", "# Source:  002 asks", "# Source:  003 asks"))
    assert head[2].startswith(f"# Command: imagette sweep {path.stem}")


def test_the_shipped_sweeps_answer_the_sources():  # 002-12
    sizes = {trial.name: trial.experiment for trial in plan_trials(read_sweep("lenet_sizes"))}
    assert sizes["doubled"].network.width == 2  # 001-21
    assert sizes["two 3x3 for 5x5"].network.args == {"factored": True}  # 001-23
    batches = [t.experiment.recipe.batch for t in plan_trials(read_sweep("batch_sizes"))]
    assert sorted(set(batches)) == [4, 16, 20, 64, 128]  # 001-18
    optimisers = [t.experiment.recipe.optimiser for t in plan_trials(read_sweep("sgd_adam"))]
    assert [(one.name, one.rate) for one in optimisers] == [("sgd", 0.005), ("adam", 0.001)]


def changed_of(sweep):
    """What each variant of an ablation has otherwise than "all", and "all" itself."""
    trials = {t.name: t.experiment for t in plan_trials(read_sweep(sweep))}
    every = trials.pop("all")
    changed = {
        name: {key for key, value in one.recipe if value != getattr(every.recipe, key)}
        | {key for key in ("network", "data") if getattr(one, key) != getattr(every, key)}
        for name, one in trials.items()
    }
    return changed, every, trials


def test_the_ablation_of_a_recipe_switches_each_part_off_alone():
    changed, _, trials = changed_of("ablate_recipe")
    assert changed == {
        "without Muon": {"optimiser"},
        "without rates of groups": {"groups"},
        "without averaging": {"averaging"},
        "without clipping": {"clip"},
        "without accumulation": {"accumulate"},
    }
    off = trials["without averaging"].recipe.averaging, trials["without clipping"].recipe.clip
    assert off == (None, None)


def test_the_ablation_of_a_record_begins_with_it_and_keeps_its_test_set_shut():
    changed, every, trials = changed_of("ablate_mnist_99")
    record = load("mnist_99")
    assert (every.recipe, every.network) == (record.recipe, record.network)
    assert changed == {
        "without Muon": {"optimiser"},
        "without kept norms": {"optimiser"},
        "without label smoothing": {"loss"},
        "without the falling rate": {"schedule"},
        "without the maximum at the end": {"network"},
    }
    for one in (every, *trials.values()):
        assert (one.data.validation, one.evaluation.test) == (0.1, "sealed")
