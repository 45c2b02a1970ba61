import json

import pytest

from imagette.errors import UsageError
from imagette.experiment import Experiment, check, digest, find, load, network_of, resolved, shipped
from imagette.network import walk
from imagette.pointers import resolve_pointer
from imagette.recipe.recipe import Recipe

TOML = """
seed = 3
[data]
name = "mnist"
[network]
name = "lenet_cifar"
args = { conv1 = 12 }
[recipe]
epochs = 2
optimiser = { name = "adam", rate = 0.002 }
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def refusal(values):
    with pytest.raises(UsageError) as caught:
        check(values, "mine.toml")
    return str(caught.value)


def test_a_file_chooses_network_data_optimiser_and_epochs_by_name(written):
    # 004-03, 004-04, 004-05, 004-08
    experiment = load(written(TOML))
    assert experiment.network.args == {"conv1": 12}
    assert experiment.data.name == "mnist"
    assert experiment.recipe.optimiser.rate == 0.002
    assert experiment.recipe.epochs == 2
    assert experiment.run.title == "mine"


def test_every_remedy_against_overfitting_is_a_setting(written):  # 000-24
    experiment = load(
        written(TOML),
        [
            *("network.name=vgg8", "network.args={dropout = 'increasing'}"),
            *("recipe.optimiser.decay=5e-4", "recipe.augment=['flip', 'cutout', 'mixup']"),
            *("recipe.stopping={patience = 3}", "recipe.schedule=cosine"),
            *("recipe.loss={name = 'cross_entropy', label_smoothing = 0.1}",),
            "recipe.averaging=ema",
        ],
    )
    network, recipe = walk(network_of(experiment.network), (3, 32, 32), 10), experiment.recipe
    rates = [n.hyper_parameters["rate"] for n in network.nodes if n.function == "dropout"]
    assert rates == sorted(rates) != []
    assert recipe.optimiser.decay == 5e-4
    assert [one.name for one in recipe.augment] == ["flip", "cutout", "mixup"]
    assert (recipe.stopping.patience, recipe.schedule.name) == (3, "cosine")
    assert (recipe.loss.label_smoothing, recipe.averaging.name) == (0.1, "ema")


def test_json_says_the_same_as_toml(written):  # 004-03
    values = {
        "seed": 3,
        "data": {"name": "mnist"},
        "network": {"name": "lenet_cifar", "args": {"conv1": 12}},
        "recipe": {"epochs": 2, "optimiser": {"name": "adam", "rate": 0.002}},
    }
    assert load(written(json.dumps(values), "mine.json")) == load(written(TOML))


def test_a_setting_changes_any_key(written):  # 001-19
    changes = [
        "recipe.optimiser.rate=0.5",
        "network.args.conv1=7",
        "recipe.batch=all",
        "recipe.loss=mse",
        "recipe.augment=['flip']",
        "data.validation=0",
    ]
    experiment = load(written(TOML), changes)
    assert experiment.recipe.optimiser.rate == 0.5
    assert experiment.network.args["conv1"] == 7
    assert experiment.recipe.batch == "all"
    assert experiment.recipe.loss.name == "mse"
    assert experiment.recipe.augment[0].name == "flip"
    assert experiment.data.validation == 0


def test_a_setting_reaches_under_a_bare_name(written):
    text = '[recipe]\noptimiser = "sgd"\n'
    assert load(written(text), ["recipe.optimiser.momentum=0.9"]).recipe.optimiser.momentum == 0.9


def test_a_setting_without_a_value_is_refused(written):
    with pytest.raises(
        UsageError,
        match=r"^--set takes key=value\. Got 'recipe\.epochs'; e\.g\. --set recipe\.epochs=2",
    ):
        load(written(TOML), ["recipe.epochs"])


def test_an_unknown_key_is_refused_with_the_near_miss_and_the_choices():  # 004-12
    message = refusal({"recipe": {"epoch": 3}})
    assert message == (
        "mine.toml: unknown key 'recipe.epoch'. Did you mean 'epochs'? "
        f"Choices: {', '.join(sorted(Recipe.model_fields))}."
    )


def test_an_unknown_name_is_refused_with_the_near_miss_and_the_choices():  # 004-12
    message = refusal({"recipe": {"optimiser": "adm"}})
    assert message == (
        "mine.toml: 'recipe.optimiser.name' is 'adm'. Did you mean 'adam'? "
        "Choices: adam, adamw, muon, python, rmsprop, sgd."
    )


def test_a_key_inside_a_choice_is_named_as_the_user_writes_it():
    message = refusal({"recipe": {"optimiser": {"name": "sgd", "rat": 1}}})
    assert message.startswith(
        "mine.toml: unknown key 'recipe.optimiser.rat'. Did you mean 'rate'? Choices: decay, "
    )


def test_all_problems_are_told_at_once():  # 004-12
    message = refusal(
        {"sed": 1, "recipe": {"epochs": -1, "loss": "mes"}, "data": {"validation": 2}}
    )
    assert message.splitlines()[0] == "mine.toml has 4 problems:"
    for part in ("'sed'", "recipe.epochs", "recipe.loss.name", "data.validation"):
        assert part in message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"recipe": {"epochs": -1}},
            "'recipe.epochs' must be greater than or equal to 0 or 'budget'. Got -1",
        ),
        ({"recipe": {"optimiser": {"name": "sgd", "nesterov": True}}}, "nesterov needs a momentum"),
        ({"network": {}}, "give one of name, text, layers, python. Got none"),
        (
            {"network": {"name": "ffnn", "text": "relu"}},
            "give one of name, text, layers, python. Got name",
        ),
        (
            {"recipe": {"clip": 1.0, "update": {"python": "mine.py:step"}}},
            "an update of your own takes the whole step, so clip has no place in it",
        ),
        (
            {"recipe": {"accumulate": 2, "update": {"python": "mine.py:step"}}},
            "an update of your own takes the whole step, so accumulate has no place in it",
        ),
        ({"recipe": {"clip": 0}}, "'recipe.clip' must be greater than 0. Got 0."),
        ({"recipe": {"accumulate": 0}}, "'recipe.accumulate' must be greater than 0. Got 0."),
        ({"recipe": {"averaging": 3}}, "'recipe.averaging' must be a name or a table with a name"),
        ({"recipe": {"averaging": "emma"}}, "Did you mean 'ema'?"),
        ({"recipe": {"optimiser": 3}}, "'recipe.optimiser' must be a name or a table with a name"),
        ({"evaluation": {"test": "always"}}, "'evaluation.test' must be 'sealed' or 'each-epoch'"),
        ({"evaluation": {"metrics": ["acuracy"]}}, "Did you mean 'accuracy'?"),
        (
            {"recipe": {"epochs": "5"}},
            "'recipe.epochs' must be a valid integer or 'budget'. Got '5'.",
        ),
        ({"seed": True}, "'seed' must be a valid integer. Got True."),
        (
            {"recipe": {"batch": 0}},
            "'recipe.batch' must be greater than 0 or 'all'. Got 0.",
        ),
        (
            {"data": {"normalise": "chanels"}},
            "'data.normalise' must be 'channels' or 'none' or a table. Got 'chanels'.",
        ),
        ({"recipe": {"sizes": [0, 28]}}, "must be a table with sides, shares. Got [0, 28]."),
        (
            {"recipe": {"loss": {"name": "cross_entropy", "class_weights": "Balanced"}}},
            "'recipe.loss.class_weights' must be a list or 'balanced'. Got 'Balanced'.",
        ),
        ({"recipe": {"augment": "flip"}}, "'recipe.augment' must be a list. Got 'flip'."),
        ({"data": {"name": "mnits"}}, "Did you mean 'mnist'?"),
        ({"network": {"text": "flaten"}}, "flatten"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_what_came(values, message):  # 004-12, 004-07
    assert message in refusal(values)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("a = ", "x.toml", "is not valid TOML"),
        ("{", "x.json", "is not valid JSON"),
        ("[1]", "x.json", "must hold a table of keys. Got a list."),
        ("\ufffe", "x.toml", "is not valid TOML"),
        ("[" * 100_000, "x.json", "is not valid JSON"),
    ],
)
def test_a_broken_file_is_one_clear_line(written, text, name, message):
    with pytest.raises(UsageError, match=message):
        load(written(text, name))


def test_a_missing_file_and_an_unknown_name_are_told_apart():
    with pytest.raises(UsageError, match=r"^No experiment file 'not/there\.toml' is there\.$"):
        load("not/there.toml")
    with pytest.raises(UsageError, match=r"^No experiment is called 'ffff.*\.\.\.'\. "):
        load("f" * 300)  # no name of a file is so long
    with pytest.raises(UsageError, match=r"^No experiment is called 'frist_light'\. Did you mean"):
        load("frist_light")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_experiment_is_complete_and_walks(name):  # 000-05
    experiment = load(name)
    if experiment.network.python:  # traced, and counted, in engines/test_jax_adapters.py
        assert resolve_pointer(experiment.network.python, find(name).parent)
        return
    shape = (3, 32, 32) if experiment.data.name == "cifar10" else (1, 28, 28)
    assert walk(network_of(experiment.network), shape, 10).parameters > 0


def test_the_digest_leaves_out_what_is_not_science():
    plain, titled = Experiment(), Experiment(run={"title": "other", "folder": "elsewhere"})
    assert digest(plain) == digest(titled)
    assert digest(plain) != digest(Experiment(seed=1))


def test_a_resolved_experiment_reads_back_equal():  # 004-29
    experiment = load("lenet_cifar_tutorial")
    assert check(json.loads(json.dumps(resolved(experiment))), "resolved.json") == experiment


def test_a_network_comes_by_name_text_or_layers():
    by_text = Experiment(network={"text": "flatten\nlinear classes"})
    layers = [{"layer": "flatten"}, {"layer": "linear", "features": "classes"}]
    by_layers = Experiment(network={"layers": layers})
    by_name = Experiment(network={"name": "softmax"})
    networks = [network_of(e.network) for e in (by_text, by_layers, by_name)]
    assert networks[0] == networks[1] == networks[2]


def test_one_key_doubles_every_hidden_layer():  # 001-21
    experiment = Experiment(network={"name": "lenet_cifar", "width": 2})
    assert walk(network_of(experiment.network), (3, 32, 32), 10).parameters == 244_962


def test_a_wrong_network_argument_is_refused():
    with pytest.raises(UsageError, match="conv3"):
        check({"network": {"name": "lenet_cifar", "args": {"conv3": 1}}}, "mine.toml")
    with pytest.raises(UsageError, match="stride"):
        check({"network": {"text": "conv 6 5x5 strid=2"}}, "mine.toml")
