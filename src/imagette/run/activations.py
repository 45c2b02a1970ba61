"""Where a trained network looks: masks of some images, by a layer's activity or by gradients."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.streamed import selected, stored
from imagette.engines.random import bits
from imagette.errors import UsageError
from imagette.evaluate.masks import Masks, saliency_masks
from imagette.network import CostTable, cost_table
from imagette.network.truncate import truncated
from imagette.run.evaluate import SplitName, split_of
from imagette.run.ready import Ready, ready
from imagette.store.checkpoints import Which
from imagette.store.own_copy import own_copy
from imagette.words import permutation


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Some images of a split, and where the network was active or sensitive in each."""

    run: Path
    step: int
    split: str
    rows: tuple[int, ...]  # which images of the split
    images: Images
    labels: Labels
    predicted: Labels
    class_names: tuple[str, ...]
    layer: str | None
    masks: Masks | None  # of `layer`
    saliency: Masks | None  # gradient of the predicted class's logit, where asked for
    network: CostTable | None  # of the part that ends in `layer`
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """With the masks whole, as nested lists [N][h][w]."""
        names = self.class_names
        return {
            "run": str(self.run),
            "checkpoint": self.step,
            "split": self.split,
            "images": list(self.rows),
            "classes": [names[label] for label in self.labels],
            "predicted": [names[label] for label in self.predicted],
            "layer": self.layer,
            "masks": None if self.masks is None else self.masks.tolist(),
            "saliency": None if self.saliency is None else self.saliency.tolist(),
            "network": None if self.network is None else self.network.as_json(),
            "notes": list(self.notes),
        }


def looks_of(
    run: Path | str,
    layer: str | None = None,
    *,
    saliency: bool = False,
    num_images: int = 6,
    seed: int = 0,
    split: SplitName = "validation",
    open_test_set: bool = False,
    which: Which = "last",
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
) -> Looks:
    """Masks of images drawn at random from a split; `seed` decides which.

    Without a layer and without `saliency`, the last convolution is taken. Putting test images
    through the network is an opening, which only `open_test_set` allows, and it is recorded.
    Raises UsageError for an unknown layer, or one whose output has no pixels.
    """
    opened = ready(own_copy(run) if split == "test" else run, which, trust=trust, engine=engine)
    path = layer or (None if saliency else opened.last_map)
    if path is None and not saliency:
        raise UsageError(f"{opened.folder.path} has no layer with pixels: look with --saliency.")
    if path is not None:
        opened.map_node(path)
    drawn = split_of(opened.folder, opened.saved, opened.experiment, split, open_test_set, data_dir)
    rows = chosen_rows(len(drawn), num_images, seed)
    images = stored(selected(drawn.images, rows))
    weights, batch = opened.saved.weights, opened.experiment.evaluation.batch
    predicted = opened.model.predict(weights, images, batch).argmax(1).astype(np.int32)
    return Looks(
        run=opened.folder.path,
        step=opened.saved.step,
        split=split,
        rows=tuple(rows.tolist()),
        images=images,
        labels=drawn.labels[rows],
        predicted=predicted,
        class_names=opened.class_names,
        layer=path,
        masks=None if path is None else opened.masks(images, path),
        saliency=_saliency(opened, images, predicted) if saliency else None,
        network=None if path is None else cost_table(truncated(opened.graph, path)),
        notes=opened.notes,
    )


def chosen_rows(num_images: int, wanted: int, seed: int) -> NDArray[np.int32]:
    """The first `wanted` rows of a permutation that the seed draws; all, if there are fewer.

    >>> chosen_rows(3, 5, seed=0).tolist()
    [1, 0, 2]
    """
    return permutation(bits(seed, "look", 0, num_images))[:wanted]


def _saliency(opened: Ready, images: Images, labels: Labels) -> Masks:
    batch, weights = opened.experiment.evaluation.batch, opened.saved.weights
    parts = [
        saliency_masks(
            opened.model.pixel_gradients(weights, images[i : i + batch], labels[i : i + batch])
        )
        for i in range(0, len(images), batch)
    ]
    return np.concatenate(parts)
