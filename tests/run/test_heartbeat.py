"""What a killed process had spent of its budget still counts."""

import json

from imagette.experiment import load
from imagette.run.heartbeat import BEAT_SECONDS, beating
from imagette.run.train import Begun, resume, train_experiment
from imagette.train.events import Finished, Progress, Remark
from imagette.train.pace import TimeBudget


class Folder:
    def __init__(self):
        self.spent = []

    def write_spent(self, seconds):
        self.spent.append(seconds)


def test_it_beats_at_first_and_then_seldom():
    folder, now = Folder(), iter([10.0, 11.0, 14.9, 15.0, 40.0])
    events = [Remark("a"), Remark("b"), Remark("c"), Remark("d"), Finished({}, "", True, 1, 1, 0.0)]
    budget = TimeBudget(3600.0, began=4.0, spent_before=100.0)
    given = (event for event in events)
    assert list(beating(given, folder, budget, now.__next__)) == events
    assert BEAT_SECONDS == 5.0
    assert folder.spent == [106.0, 111.0, 136.0]


def test_a_short_budget_beats_more_often():
    folder, now = Folder(), iter([0.0, 0.4, 0.5, 0.9])
    events = [Remark("a"), Remark("b"), Remark("c"), Finished({}, "", True, 1, 1, 0.0)]
    list(beating((event for event in events), folder, TimeBudget(100.0, 0.0), now.__next__))
    assert folder.spent == [0.0, 0.5]


def test_a_resumed_run_counts_from_the_last_beat(tmp_path):  # 001-32, 004-32
    settings = ["data.limit=640", "recipe.epochs=budget", "engine.threads=1", "budget.minutes=10"]
    events = train_experiment(load("first_light", [*settings, f"run.folder={tmp_path}"]))
    event, folder = next(events), None
    while not isinstance(event, Progress):
        folder = event.folder if isinstance(event, Begun) else folder
        event = next(events)
    events.close()  # as if killed
    assert 0 < folder.spent_seconds() < 600
    (folder.path / "spent.json").write_text(json.dumps({"seconds": 595.0}))
    list(resume(folder.path))
    assert folder.finished()["spent"]["total_seconds"] > 595.0
