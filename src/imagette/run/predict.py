"""What a trained network makes of any picture: brought to what it knows, then classified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.data.adapt import Adapted, adapted
from imagette.data.framing import Framing
from imagette.errors import DataError, ImagetteError, UsageError
from imagette.evaluate.losses import probabilities
from imagette.run.framing import framing_of_run
from imagette.run.ready import ready
from imagette.store.folder import Which


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the network makes of one picture; `probabilities` by class, the likeliest first."""

    picture: str
    given: NDArray[np.uint8]  # [H,W,C], what the network was given
    steps: tuple[str, ...]  # from the picture to that, in words
    probabilities: Mapping[str, float]
    mask: NDArray[np.float32] | None  # [H',W'], 0 to 1: where the layer was active

    @property
    def best(self) -> str:
        return next(iter(self.probabilities))


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """The predictions of one checkpoint, in the order of the pictures."""

    run: Path
    step: int
    layer: str | None  # of the masks; None for a network without maps
    framing: Framing | None
    notes: tuple[str, ...]
    predictions: tuple[Prediction, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "run": str(self.run),
            "checkpoint": self.step,
            "layer": self.layer,
            "notes": list(self.notes),
            "predictions": [
                {
                    "picture": one.picture,
                    "class": one.best,
                    "probabilities": dict(one.probabilities),
                    "steps": list(one.steps),
                }
                for one in self.predictions
            ],
        }


def predict_pictures(
    run: Path | str,
    pictures: Sequence[Path],
    *,
    which: Which = "last",
    layer: str | None = None,
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
) -> Predicted:
    """Classifies pictures of any size, colour, polarity and place by a run's network.

    How they are brought to what it knows: `imagette.data.adapt`, by what its training images show,
    or, where those cannot be had, by their recorded mean. The mask is that of `layer`, by default
    the last convolution. Raises UsageError for paths that are no files and unknown layers,
    DataError naming every picture that cannot be read.
    """
    opened = ready(run, which, trust=trust, engine=engine)
    path = layer or opened.last_map
    if path is not None:
        opened.map_node(path)
    framing, note = framing_of_run(opened, data_dir)
    given = _adapted(pictures, opened.saved.card.input_shape, framing)
    images = np.stack([one.image for one in given])
    weights, batch = opened.saved.weights, opened.experiment.evaluation.batch
    chances = probabilities(opened.model.predict(weights, images, batch))
    masks = None if path is None else opened.masks(images, path)
    return Predicted(
        run=opened.folder.path,
        step=opened.saved.step,
        layer=path,
        framing=framing,
        notes=(*opened.notes, *note),
        predictions=tuple(
            Prediction(
                picture=str(picture),
                given=one.image,
                steps=one.steps,
                probabilities=_ranked(chance, opened.class_names),
                mask=None if masks is None else masks[i],
            )
            for i, (picture, one, chance) in enumerate(zip(pictures, given, chances, strict=True))
        ),
    )


def _ranked(chances: NDArray[np.float64], names: Sequence[str]) -> dict[str, float]:
    order = np.argsort(-chances, kind="stable")
    return {names[i]: float(chances[i]) for i in order}


def _adapted(
    pictures: Sequence[Path], input_shape: tuple[int, ...], framing: Framing | None
) -> list[Adapted]:
    """All of them, or one error that names every picture that cannot be."""
    done, refused = [], []
    for picture in pictures:
        try:
            done.append(adapted(picture, input_shape, framing))
        except ImagetteError as error:
            refused.append(error)
    if refused:
        kind = UsageError if all(isinstance(e, UsageError) for e in refused) else DataError
        raise kind(" ".join(str(error) for error in refused))
    return done
