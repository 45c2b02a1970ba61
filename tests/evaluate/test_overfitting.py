from typing import Any

from imagette.evaluate.overfitting import gap, overfitting


def rows(train: list[float | None], validation: list[float | None]) -> list[dict[str, Any]]:
    pairs = enumerate(zip(train, validation, strict=True))
    return [{"epoch": e, "train_loss": t, "validation_loss": v} for e, (t, v) in pairs]


FALLING = [None, 1.5, 1.0, 0.7, 0.5, 0.3, 0.2]


def test_a_run_overfits_since_its_lowest_validation_loss() -> None:  # 000-10
    found = overfitting(rows(FALLING, [2.3, 1.4, 1.0, 0.9, 1.0, 1.1, 1.2]))
    assert found is not None
    assert found.since_epoch == 3
    assert str(found) == (
        "overfits since epoch 3: validation loss rose from 0.900 to 1.200 "
        "while training loss fell from 0.700 to 0.200"
    )


def test_a_validation_loss_that_falls_is_no_overfitting() -> None:  # 000-10
    assert overfitting(rows(FALLING, [2.3, 1.4, 1.0, 0.9, 0.8, 0.7, 0.6])) is None


def test_a_plateau_is_no_overfitting() -> None:  # 000-10
    assert overfitting(rows(FALLING, [2.3, 1.4, 1.0, 0.9, 0.905, 0.901, 0.903])) is None


def test_two_bad_epochs_are_not_yet_overfitting() -> None:  # 001-T4
    history = rows(FALLING, [2.3, 1.4, 1.0, 0.95, 0.9, 1.1, 1.2])
    assert overfitting(history) is None
    assert overfitting(history, patience=2) is not None


def test_a_training_that_diverges_does_not_overfit() -> None:  # 000-10
    rising = [None, 1.5, 1.0, 0.7, 0.9, 1.3, 2.0]
    assert overfitting(rows(rising, [2.3, 1.4, 1.0, 0.9, 1.0, 1.1, 1.2])) is None


def test_without_validation_nothing_is_said() -> None:
    assert overfitting([{"epoch": 0, "train_loss": None}, {"epoch": 1, "train_loss": 1.0}]) is None
    assert overfitting([]) is None


def test_the_gap_is_training_minus_validation() -> None:  # 000-10
    row = {"train_loss": 0.25, "validation_loss": 0.75, "train_accuracy": None}
    assert gap(row, "loss") == -0.5
    assert gap(row, "accuracy") is None
