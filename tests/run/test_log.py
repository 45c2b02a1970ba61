"""The log of a run in the form, the level and the file that its experiment asks for."""

import logging
import re

import pytest

from imagette.errors import TrainingError, UsageError
from imagette.experiment import check
from imagette.run.log import Log
from imagette.run.state import failure_logged, state_of
from imagette.run.train import train_experiment
from imagette.run_spec import LogSpec
from imagette.store.folder import RunFolder
from imagette.train.events import Finished, Remark, Stop


def test_name_level_time_and_message_stand_in_the_named_form(make_run):  # 004-30
    log = Log(make_run(), LogSpec(form="named"))
    log.write(Remark("the rate is too high"))
    (line,) = log.path.read_text().splitlines()
    assert re.fullmatch(
        r"\[imagette WARNING\] : \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - note: the rate is too high",
        line,
    )


def test_a_form_is_that_of_pythons_logging(make_run):  # 004-30
    form = "%(levelname)-8s|\t%(levelno)d %(message)s"
    log = Log(make_run(), LogSpec(form=form))
    log.write_line("one\ntwo", logging.INFO)
    reference, record = logging.Formatter(form), {"levelname": "INFO", "levelno": 20, "msg": "one"}
    lines = [reference.format(logging.makeLogRecord(record))]
    assert log.path.read_text().splitlines()[:1] == lines
    assert len(log.path.read_text().splitlines()) == 2


def test_the_plain_form_is_what_is_printed(make_run):  # 004-28
    log = Log(make_run(), LogSpec())
    log.write_line("epoch 1 100 %", logging.INFO)
    assert log.path.read_bytes() == b"epoch 1 100 %\n"
    assert log.path.name == "log.txt"


def test_a_training_logs_what_its_level_says_into_its_file(experiment, trained):  # 004-30
    asked = {"level": "debug", "form": "named", "file": "train.log"}
    ended = trained(experiment(recipe={"epochs": 1}, run={"logging": asked}))
    log = (ended.folder.path / "train.log").read_text()
    assert "[imagette DEBUG] : " in log
    assert " - epoch 1, 5 of 5 steps: loss " in log
    assert " - checkpoint of step 5" in log
    assert "[imagette INFO] : " in log
    assert not ended.folder.log_path.exists()
    quiet = trained(experiment(recipe={"epochs": 1}, run={"logging": {"level": "error"}}))
    assert not quiet.folder.log_path.exists()


def test_a_stopped_run_is_known_as_such_whatever_its_log(experiment, tmp_path):
    asked = experiment(run={"logging": {"level": "error", "form": "named"}})
    events = train_experiment(asked)
    next(events)
    *_, last = [events.send(Stop("stopped by Ctrl-C")), *events]
    assert isinstance(last, Finished)
    folder = RunFolder.open(tmp_path / "runs" / "small")
    state = state_of(folder)
    assert (state.word, state.reason, state.resumable) == ("stopped", "stopped by Ctrl-C", True)
    folder.rewind(0)
    assert state_of(folder).word == "unfinished"


def test_a_failure_is_an_error_and_the_runs_state(make_run):
    run = make_run(finished=False)
    with pytest.raises(TrainingError), failure_logged(Log(run, LogSpec(form="named"))):
        raise TrainingError("the loss is no number")
    assert (state_of(run).word, state_of(run).reason) == ("failed", "the loss is no number")
    assert "[imagette ERROR] : " in run.log_path.read_text()


@pytest.mark.parametrize(
    ("logging", "message"),
    [
        (
            {"level": "loud"},
            "'run.logging.level' must be 'debug', 'info', 'warning' or 'error'. Got 'loud'.",
        ),
        (
            {"form": "name"},
            "'run.logging.form': no form is called 'name'. Did you mean 'named'? "
            "Choices: named, plain, or with %(message)s.",
        ),
        ({"form": "%(message)s %(nothing)s"}, "no form is called '%(message)s %(nothing)s'."),
        ({"form": "%(message)d"}, "no form is called '%(message)d'."),
        ({"form": "%(message)9999999999999s"}, "no form is called '%(message)9999999999999s'."),
        ({"form": "%(message)s\r"}, "no form is called '%(message)s\\r'."),
        ({"form": "%(levelname)s"}, "no form is called '%(levelname)s'."),
        (
            {"file": "../log.txt"},
            "must be a plain name that ends in .txt or .log. Got '../log.txt'",
        ),
        ({"file": "history.jsonl"}, "must be a plain name that ends in .txt or .log."),
        ({"file": "network.txt"}, "must be a plain name that ends in .txt or .log."),
        ({"levels": "info"}, "Did you mean 'level'? Choices: file, form, level."),
    ],
)
def test_a_wrong_level_form_or_file_is_one_line_with_the_choices(logging, message):
    # 004-30, 004-12
    with pytest.raises(UsageError) as caught:
        check({"run": {"logging": logging}}, "mine.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
