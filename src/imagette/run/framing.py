"""How the pictures that a run was trained on lie in their frames."""

from pathlib import Path

from imagette.data.evenly import evenly
from imagette.data.framing import Framing, framing_by_mean, framing_of
from imagette.errors import ImagetteError
from imagette.run.ready import Ready

SEEN = 1000  # training images, evenly apart, that show how a set is framed


def framing_of_run(opened: Ready, data_dir: Path | None) -> tuple[Framing | None, list[str]]:
    """From the run's own training images; from its record of their mean where there are none.

    The list holds a note that says so, in that case.
    """
    try:
        images = opened.dataset(data_dir).train.images
    except ImagetteError as error:
        _, height, width = opened.saved.card.input_shape
        mean = tuple(opened.saved.card.preprocess["channels_mean"])
        note = f"pictures are prepared by the training images' mean alone: {error}"
        return framing_by_mean(mean, height, width), [note]
    return framing_of(images[evenly(len(images), SEEN)]), []
