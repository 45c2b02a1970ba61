"""A run's folder read as it grows, against rows written by hand."""

import pytest

from imagette.errors import StoreError
from imagette.store.tracking import Told
from imagette.track.follow import about, follow, news_of
from imagette.track.values import Epoch, Judged, Rewritten
from imagette.train.events import Decision


def epochs(values):
    return [value.step for value in values if isinstance(value, Epoch)]


def test_an_epoch_has_its_figures_and_times_by_names_that_trackers_group(make_run, add_epoch):
    run = make_run(accuracies=(0.1,))
    add_epoch(run, 1, 0.5)
    first, second = news_of(run, Told()).values
    assert first.figures["accuracy/validation"] == 0.1
    assert second.figures == {
        "loss/validation": 0.5,
        "accuracy/validation": 0.5,
        "seconds/train": 2.0,
        "seconds/evaluation": 0.5,
    }
    assert second.at - about(run).began == 2.5


def test_nothing_is_told_twice(make_run, judge):
    run = make_run()
    judge(run)
    told = news_of(run, Told()).told
    assert news_of(run, told).values == ()


def test_a_torn_last_line_is_waited_for(make_run):
    run = make_run()
    history = run.path / "history.jsonl"
    whole = history.read_bytes()
    history.write_bytes(whole[:-5])
    news = news_of(run, Told())
    assert epochs(news.values) == [0, 1]
    history.write_bytes(whole)
    assert epochs(news_of(run, news.told).values) == [2]


def test_rows_that_come_again_as_they_were_are_not_told_again(make_run, add_epoch, cut):  # 004-32
    run = make_run(finished=False)
    told = news_of(run, Told()).told
    cut(run, 1)
    meanwhile = news_of(run, told)
    assert meanwhile.values == ()
    run.append_history({"epoch": 1, "step": 1, "validation_loss": 0.5, "validation_accuracy": 0.5})
    assert news_of(run, meanwhile.told).values == ()
    run.append_history(
        {"epoch": 2, "step": 2, "validation_loss": 1 - 0.7, "validation_accuracy": 0.7}
    )
    add_epoch(run, 3, 0.8)
    assert epochs(news_of(run, meanwhile.told).values) == [3]


def test_rows_that_are_others_now_are_taken_back_and_told(make_run, add_epoch, judge, cut):
    run = make_run(finished=False)
    judge(run)
    told = news_of(run, Told()).told
    cut(run, 2)
    add_epoch(run, 2, 0.9)
    taken, epoch, judged = news_of(run, told).values
    assert taken == Rewritten(2)
    assert epoch.figures["accuracy/validation"] == 0.9
    assert isinstance(judged, Judged)


def test_rows_that_a_finished_run_lacks_are_taken_back(make_run, cut):
    run = make_run(finished=False)
    told = news_of(run, Told()).told
    cut(run, 2)
    run.write_finished("stopped early", 1, 1, {})
    assert news_of(run, told).values == (Rewritten(2),)


def test_an_evaluation_is_told_when_it_comes_and_when_it_changes(make_run, judge):
    run = make_run()
    told = news_of(run, Told()).told
    judge(run, right=8)
    news = news_of(run, told)
    assert news.values[0].figures["evaluation/validation_accuracy"] == 0.8
    judge(run, right=9)
    (again,) = news_of(run, news.told).values
    assert again.figures["evaluation/validation_accuracy"] == 0.9


def test_decisions_are_told_with_their_reason(make_run):
    run = make_run()
    run.append_decision({"what": "threads", "value": 2, "because": "the fixed rule"})
    assert news_of(run, Told()).values[0] == Decision("threads", 2, "the fixed rule")


def test_a_run_is_followed_until_it_is_over(make_run, add_epoch):
    run = make_run(finished=False)
    answers = iter([False, False, True])

    def is_over():
        add_epoch(run, len(run.history()), 0.9)  # while we wait
        return next(answers)

    assert [epochs(news.values) for news in follow(run, Told(), is_over)] == [
        [0, 1, 2, 3],
        [4],
        [5],
    ]


def test_a_run_keeps_its_id_wherever_it_is_copied(make_run, tmp_path):
    run = make_run()
    before = about(run).id
    moved = run.path.rename(tmp_path / "elsewhere")
    assert about(type(run).open(moved)).id == before
    assert about(make_run()).id != before


@pytest.mark.parametrize(
    "line", [b'{"epoch": 1}\n', b"nonsense\n", b'{"epoch": 9, "step": 1, "x_loss": "high"}\n']
)
def test_a_damaged_history_is_one_line_that_names_the_file(make_run, line):
    run = make_run()
    with (run.path / "history.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(StoreError, match=r"history\.jsonl is damaged at line 4[^\n]*$"):
        news_of(run, Told())
