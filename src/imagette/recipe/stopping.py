"""When to end before the last epoch, or to say that nothing improves any more."""

from typing import Literal

from pydantic import Field

from imagette.spec import Spec

Figure = Literal["train_loss", "train_accuracy", "validation_loss", "validation_accuracy"]


class Stopping(Spec):
    """`figure` has not improved by more than `min_change` for `patience` epochs in a row.

    Losses improve downwards, accuracies upwards. `action` ends the training there, or reports the
    epoch at which the stagnation began and goes on (001-28). Never the test set.
    """

    figure: Figure = "validation_loss"
    patience: int = Field(5, ge=1)
    min_change: float = Field(0.0, ge=0)
    action: Literal["stop", "report"] = "stop"
