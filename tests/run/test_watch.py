"""The mistakes of the sources are caught by name: from rows alone, and in runs that make them."""

from dataclasses import replace

import pytest

from imagette.experiment import load
from imagette.run.chance import Chance
from imagette.run.train import Begun, Ended, resume, train_experiment
from imagette.run.watch import Watch, symptom
from imagette.train.events import Checkpoint, EpochRow, Progress, Remark, Stop
from imagette.train.plan import Planner

LAB = """
conv 8 5x5; relu; maxpool 2; conv 16 5x5; relu; maxpool 2; flatten
linear 128; relu; linear 128; relu; linear classes
"""
WATCH = Watch(Chance(0.1, 2.3026), 10, {"train": 5000, "validation": 1000}, 0.03, 0.01, 1)
FIRST = {"epoch": 0, "step": 0, "train_loss": None, "train_accuracy": None}


def row(epoch=1, step=1000, **figures):
    return {"epoch": epoch, "step": step, **figures}


def judged(watch=WATCH, **figures):
    before = {"validation_loss": 2.305} if "validation_loss" in figures else {}
    return symptom(row(**figures), FIRST | before, watch)


def test_a_network_at_chance_is_named_with_a_remedy():  # 003-T6
    assert judged(validation_loss=2.3041, validation_accuracy=0.103) == (
        "after epoch 1 the network is at chance (10.3 % of 10 classes, loss 2.3): "
        "recipe.optimiser.rate = 0.03 is likely too high for batches of 1, take a tenth, 0.003; "
        "if that changes nothing, take 0.3, or look at the data: imagette data show"
    )


def test_below_the_usual_rate_the_first_remedy_is_a_higher_one():
    text = judged(replace(WATCH, rate=1e-6), validation_loss=2.3, validation_accuracy=0.1)
    assert "1e-06 is likely too low, take ten times as much, 1e-05; if that changes noth" in text


@pytest.mark.parametrize(
    "figures",
    [
        {"validation_loss": 2.1, "validation_accuracy": 0.11},  # learns, though not yet to choose
        {"validation_loss": 2.5, "validation_accuracy": 0.19},  # sure of itself, but right
        {"validation_loss": 2.3, "validation_accuracy": 0.1, "step": 99},
        {"train_loss": 2.28, "train_accuracy": 0.12},  # of 5,000 images: no accident
    ],
)
def test_a_network_that_learns_or_has_hardly_begun_is_left_alone(figures):
    assert judged(**figures) is None


def test_many_steps_that_taught_little_are_named():  # 003-T6
    figures = {"train_loss": 2.1414, "train_accuracy": 0.1927}  # the lab's recipe, epoch 1
    text = judged(step=50_000, **figures)
    assert text.startswith("after epoch 1 the network is hardly better than chance (19.3 % of 10")
    assert judged(step=9_999, **figures) is None
    assert judged(step=50_000, train_loss=1.95, train_accuracy=0.2) is None
    assert judged(step=50_000, train_loss=2.2, train_accuracy=0.24) is None


def test_the_number_of_images_says_what_may_be_an_accident():
    few = replace(WATCH, num_images={"train": 270, "validation": 30})
    figures = {"validation_loss": 2.3, "validation_accuracy": 0.2}
    assert judged(**figures) is None
    assert judged(few, **figures).startswith("after epoch 1 the network is at chance (20.0 %")


def test_without_validation_the_training_images_are_judged():
    assert "at chance (9.8 %" in judged(train_loss=2.33, train_accuracy=0.098)


def test_the_test_set_is_never_judged():  # 000-12
    assert judged(train_loss=1.0, train_accuracy=0.6, test_loss=1e9, test_accuracy=0.1) is None


def test_always_the_most_common_class_is_chance():
    uneven = replace(WATCH, chance=Chance(0.9, 0.325), num_classes=2)
    text = judged(uneven, validation_loss=0.33, validation_accuracy=0.9)
    assert "at chance (90.0 % of 2 classes, loss 0.33)" in text


def test_a_loss_that_rose_is_a_rate_too_high():
    figures = {"validation_loss": 3.1e31, "train_loss": 1.2e31, "epoch": 3}
    assert judged(**figures) == (
        "after epoch 3 the loss is 3.1e+31, where it began at 2.31: recipe.optimiser.rate = 0.03 "
        "is too high, take a tenth, 0.003"
    )
    own = replace(WATCH, chance=Chance(0.1, None))
    assert "where it began at 2.31" in judged(own, **figures)


def test_what_was_not_measured_before_training_is_taken_for_chance():
    text = judged(train_loss=1e4, train_accuracy=0.1)
    assert text.startswith("after epoch 1 the loss is 1e+04, where chance is 2.3: recipe.optimiser")


def test_with_one_class_alone_nothing_is_said():
    alone = replace(WATCH, chance=Chance(1.0, 0.0))
    assert judged(alone, step=50_000, train_loss=0.0, train_accuracy=1.0) is None


def test_a_loss_that_rose_on_validation_alone_is_overfitting_or_a_young_norm():
    figures = {"validation_accuracy": 0.12, "train_accuracy": 0.9}
    assert judged(step=5, validation_loss=4.63, train_loss=2.3, **figures) is None
    assert judged(step=9999, validation_loss=5.0, train_loss=0.1, **figures) is None


def test_a_summed_loss_is_named_as_the_reason():  # 002-T4
    summed = replace(WATCH, summed=True, batch=60_000)
    text = judged(summed, train_loss=9e5, train_accuracy=0.1)
    assert "or recipe.loss.reduction = mean (a sum multiplies the rate by 60,000)" in text


def test_before_training_and_at_a_rate_of_zero_nothing_is_said():
    figures = {"validation_loss": 2.3, "validation_accuracy": 0.1}
    assert judged(epoch=0, **figures) is None
    assert judged(replace(WATCH, rate=0.0), **figures) is None


def remarks(events):
    return [event.text for event in events if isinstance(event, Remark)]


def stopped_at(events, kind, epoch):
    """Asks for an end at the first event of this kind in `epoch`; the run folder and all events."""
    folder, answer, seen = None, None, []
    try:
        while True:
            event = events.send(answer)
            seen.append(event)
            folder = event.folder if isinstance(event, Begun) else folder
            at = event.position.epoch if isinstance(event, kind) else None
            answer = Stop("enough") if at == epoch else None
    except StopIteration:
        return folder, seen


def test_a_run_at_the_rate_of_the_lab_made_wilder_is_told_it_is_at_chance(experiment):
    # 003-T6: batch 1; .03 takes CIFAR-10 to show it, .2 takes 300 pictures
    recipe = {"epochs": 2, "batch": 1, "augment": [], "optimiser": {"name": "sgd", "rate": 0.2}}
    text, dead = remarks(train_experiment(experiment(network={"text": LAB}, recipe=recipe)))
    assert text.startswith("after epoch 1 the network is at chance (10.0 % of 10 classes, loss ")
    assert "0.2 is likely too high for batches of 1, take a tenth, 0.02;" in text
    assert "gives 0 for each of 64 images: it is dead, and nothing before it learns." in dead


@pytest.mark.system
@pytest.mark.usefixtures("real_cache")
def test_the_labs_shipped_experiment_is_warned_about(tmp_path):  # 003-T6
    short = [f"run.folder={tmp_path}", "recipe.epochs=1", "data.limit=12000"]
    text, *_ = remarks(train_experiment(load("convnet_cifar_lab", short)))
    assert text.startswith("after epoch 1 the network is ")
    assert "chance (" in text
    assert "0.03 is likely too high for batches of 1, take a tenth, 0.003;" in text


def test_a_wild_rate_is_told_from_its_loss_and_kept_in_the_log(experiment):
    recipe = {"optimiser": {"name": "sgd", "rate": 1e12}, "augment": []}
    own = experiment(network={"text": "flatten\nlinear classes"}, recipe=recipe)
    events = list(train_experiment(own))
    (text,) = remarks(events)
    assert "recipe.optimiser.rate = 1e+12 is too high, take a tenth, 1e+11" in text
    assert isinstance(events[events.index(Remark(text)) - 1], EpochRow)
    log = (events[-1].folder.path / "log.txt").read_text()
    assert log.count(f"note: {text}") == 1


def test_a_run_whose_weights_stay_says_so_once(experiment):  # 003-T1
    events = list(train_experiment(experiment(recipe={"optimiser": {"name": "sgd", "rate": 0}})))
    assert remarks(events) == [
        "no weight moved in epoch 1: recipe.optimiser.rate is 0, set it above"
    ]


def test_with_rare_checkpoints_the_first_is_taken(experiment):
    recipe = {"epochs": 5, "optimiser": {"name": "sgd", "rate": 0}}
    own = experiment(recipe=recipe, run={"checkpoints": {"every": 2}})
    (text,) = remarks(train_experiment(own))
    assert text.startswith("no weight moved in epochs 1 to 2: ")


def test_a_run_that_learns_is_told_nothing(experiment):
    assert remarks(train_experiment(experiment(recipe={"epochs": 3, "batch": 4}))) == []


def test_a_resumed_run_says_what_is_left_to_say_and_nothing_twice(experiment, monkeypatch):
    # 004-32
    monkeypatch.setattr(Planner, "chunk", 2)
    wild = {"optimiser": {"name": "sgd", "rate": 0}}
    folder, seen = stopped_at(train_experiment(experiment(recipe=wild)), Progress, 1)
    assert remarks(seen) == []
    folder, seen = stopped_at(resume(folder.path), Checkpoint, 2)
    assert remarks(seen)[-1].startswith("no weight moved in epoch 1")
    *events, ended = resume(folder.path)
    assert isinstance(ended, Ended)
    assert [text for text in remarks(events) if not text.startswith("goes on")] == []


def test_a_symptom_said_before_a_stop_is_not_said_again(experiment):
    recipe = {"optimiser": {"name": "sgd", "rate": 1e12}, "epochs": 3}
    own = experiment(network={"text": "flatten\nlinear classes"}, recipe=recipe)
    folder, seen = stopped_at(train_experiment(own), Checkpoint, 2)
    assert len(remarks(seen)) == 1
    assert [text for text in remarks(resume(folder.path)) if "rate" in text] == []


FORGETS = """
def forgets(network, optimisers, inputs, labels, loss):
    outputs = network(inputs)
    value = loss(outputs, labels)
    value.backward()
    optimisers[0].zero_grad()  # where step() should stand
    return outputs, value
"""


def test_the_labs_update_with_zero_grad_for_step_is_caught(experiment, tmp_path):  # 003-T1
    (tmp_path / "mine.py").write_text(FORGETS)
    own = experiment(recipe={"update": {"python": f"{tmp_path / 'mine.py'}:forgets"}})
    (text,) = remarks(train_experiment(own))
    assert text.startswith("no weight moved in epoch 1: the step is not taken (an update that ")
