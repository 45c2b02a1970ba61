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
from imagette.store.checkpoints import Which


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
    refused: tuple[str, ...] = ()  # why, for each picture that has no prediction

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
            "refused": list(self.refused),
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
    the last convolution. Pictures that cannot be had are `refused` beside the others; if none can,
    that is a UsageError for paths that are no pictures, or a DataError, naming each. Raises
    UsageError for an unknown layer.
    """
    opened = ready(run, which, trust=trust, engine=engine)
    path = layer or opened.last_map
    if path is not None:
        opened.map_node(path)
    framing, note = framing_of_run(opened, data_dir)
    given, refused = _adapted(pictures, opened.saved.card.input_shape, framing)
    images = np.stack([one.image for one in given.values()])
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
                picture=str(pictures[place]),
                given=one.image,
                steps=one.steps,
                probabilities=_ranked(chance, opened.class_names),
                mask=None if masks is None else masks[i],
            )
            for i, ((place, one), chance) in enumerate(zip(given.items(), chances, strict=True))
        ),
        refused=refused,
    )


def _ranked(chances: NDArray[np.float64], names: Sequence[str]) -> dict[str, float]:
    order = np.argsort(-chances, kind="stable")
    return {names[i]: float(chances[i]) for i in order}


def _adapted(
    pictures: Sequence[Path], input_shape: tuple[int, ...], framing: Framing | None
) -> tuple[dict[int, Adapted], tuple[str, ...]]:
    """Those that can be, by their place in the list, and why the others cannot.

    One error that names every picture, where all are refused.
    """
    done: dict[int, Adapted] = {}
    refused: list[ImagetteError] = []
    for place, picture in enumerate(pictures):
        try:
            done[place] = adapted(picture, input_shape, framing)
        except ImagetteError as error:
            refused.append(error)
    if not done:
        kind = UsageError if all(isinstance(e, UsageError) for e in refused) else DataError
        raise kind(" ".join(str(error) for error in refused))
    return done, tuple(map(str, refused))
