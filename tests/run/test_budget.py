"""A training under a time budget, on a real clock and in a real folder."""

from dataclasses import replace

import pytest

from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.prepare import prepare
from imagette.run.train import Ended, resume, train_experiment
from imagette.run.training import LAST_SECONDS, ending_seconds, training_of
from imagette.store.folder import RunFolder
from imagette.train.events import Checkpoint, Decision, Stop

SMALL = ["data.limit=640", "recipe.epochs=budget", "recipe.schedule=cosine", "engine.threads=1"]


def experiment(tmp_path, minutes, *more):
    settings = [*SMALL, f"run.folder={tmp_path}", f"budget.minutes={minutes}", *more]
    return load("first_light", settings)


def test_it_plans_its_steps_and_keeps_what_it_decided(tmp_path):  # 001-32, 001-33
    *_, ended = train_experiment(experiment(tmp_path, 0.1))
    assert isinstance(ended, Ended)
    folder = ended.folder
    plans = [row for row in folder.decisions() if row["what"] == "steps"]
    finished = folder.finished()
    assert finished["step"] == plans[-1]["value"]["end"] == folder.history()[-1]["step"]
    assert finished["reason"].endswith("epochs fitted into the 0.1 min of the budget")
    assert finished["spent"]["total_seconds"] > finished["spent"]["train_seconds"]
    assert "planned: from step " in folder.log_path.read_text()


def test_a_resumed_run_repeats_its_plans_and_counts_the_time_before(tmp_path):  # 004-32
    events = train_experiment(experiment(tmp_path, 0.2))
    event, decided = next(events), False
    while not (decided and isinstance(event, Checkpoint)):
        decided = decided or (isinstance(event, Decision) and event.what == "steps")
        event = next(events)
    *_, finished = [events.send(Stop("enough")), *events]
    assert not finished.complete
    (run,) = (tmp_path / "first_light").iterdir()
    before = RunFolder.open(run).decisions()
    *_, ended = resume(run)
    after = RunFolder.open(run)
    assert after.decisions()[: len(before)] == before
    assert after.finished()["spent"]["total_seconds"] > event.spent_seconds
    assert after.history()[-1]["step"] == ended.finished.steps


def test_a_network_over_its_budget_is_refused_before_a_folder_is_made(tmp_path):  # 001-31, 000-T6
    wide = experiment(tmp_path, 1, "budget.name=250k-1h", "network.width=9")
    with pytest.raises(UsageError, match=r"more than budget\.parameters = 250,000 allows\. Larg"):
        list(train_experiment(wide))
    assert list(tmp_path.iterdir()) == []


def test_a_budget_of_a_second_is_refused_with_what_took_it(tmp_path):
    with pytest.raises(UsageError, match=r"^budget\.minutes = 0\.001 is 0\.1 s, of which set-up"):
        list(train_experiment(experiment(tmp_path, 0.001)))


class Timed:
    """A model whose every image takes ten milliseconds."""

    def __init__(self):
        self.now = 0.0

    def predict(self, weights, images, batch):
        self.now += 0.01 * len(images)


@pytest.mark.parametrize(
    ("settings", "images"),
    [
        ([], 1000),
        (["evaluation.views=6"], 6000),
        (["data.validation=0", "evaluation.views=6"], 640),
    ],
    ids=["validation", "six views", "all of train once, without validation"],
)
def test_time_is_kept_back_to_judge_the_run(tmp_path, settings, images):
    training = training_of(prepare(experiment(tmp_path, 1, *settings)))
    model = Timed()
    timed = replace(training, model=model, clock=lambda: model.now)
    seconds = ending_seconds(timed, {})
    assert seconds == pytest.approx(LAST_SECONDS + 0.01 * images)
