"""Reasons in the language of a page."""

import pytest

from imagette.report.language import language
from imagette.report.reasons import told


@pytest.mark.parametrize(
    ("reason", "french"),
    [
        ("stopped by the system (SIGUSR1)", "arrêté par le système (SIGUSR1)"),
        ("judged on validation, 007 on test", "jugée sur validation, 007 sur test"),
        ("judged on validation, 1000 on test", "jugée sur validation, 1000 sur test"),
        (
            "4000 epochs fitted into the 0.5 min of the budget",
            "4\u202f000 époques",
        ),
    ],
)
def test_names_stay_names_and_numbers_become_french(reason, french):  # 001-40
    assert told(reason, language("fr")).startswith(french)


def test_a_cut_epoch_is_told_too():
    reason = "not counted: runs/a: failed, epoch 2.5 of 6"
    assert "2,5" in told(reason, language("fr"))
