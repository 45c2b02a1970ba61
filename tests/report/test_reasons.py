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
        ("judged on no image", "jugée sur aucune image"),
        (
            "batch=16: no seed in common with batch=4; one training of each is compared, "
            "seed 0 against 1",
            "batch=16\u00a0: aucune graine en commun avec batch=4\u202f; on compare un",
        ),
        (
            "b: accuracy of 5 views an image, averaged; of one view 81.25 %, as in the figure",
            "b\u00a0: exactitude moyennée sur 5 vues par image\u202f; sur une seule vue 81,25",
        ),
    ],
)
def test_names_stay_names_and_numbers_become_french(reason, french):  # 001-40
    assert told(reason, language("fr")).startswith(french)


def test_a_cut_epoch_is_told_too():
    reason = "not counted: runs/a: failed, epoch 2.5 of 6"
    assert "2,5" in told(reason, language("fr"))
