"""What a report shows of a network's inside: its checkpoint, and the engine to compute with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from imagette.arrays import Images
from imagette.data.evenly import evenly
from imagette.data.split import Split
from imagette.data.streamed import selected, stored
from imagette.errors import ImagetteError
from imagette.network import Node, cost_table
from imagette.report.blocks import Drawing, Section
from imagette.report.filters import MOST, filters_figure, first_filters
from imagette.report.language import Language
from imagette.report.masks import masks_figure
from imagette.report.names import shown
from imagette.report.sections.inside import inside
from imagette.run.activations import chosen_rows
from imagette.run.ready import Ready, ready

_MOST_LAYERS = 4
_NUM_IMAGES = 8
_POINTS = (1, (1, 1))  # kernels that look at one pixel, such as a shortcut's
_SEED = 0  # the same images in every report of a data set


def look_inside(
    run: Path, splits: Mapping[str, Split], layers: Sequence[str], say: Language, trust: bool
) -> Section:
    """Activation maps of the chosen layers, or of a few convolutions.

    The images are of validation, else of training: to put test images through the network would be
    an opening. Raises UsageError for a layer that does not exist; what cannot be had is said.
    """
    try:
        opened = ready(run, trust=trust)
    except ImagetteError as error:
        return inside(say, None, None, str(error))
    paths = [opened.map_node(layer).path for layer in layers] or usual_layers(opened.map_nodes)
    filters = _filters(opened, say)
    split = splits.get("validation") or splits.get("train")
    if split is None or not paths:
        key = "inside.no_images" if paths else "inside.no_maps"
        return inside(say, filters, None, say(key))
    return inside(say, filters, _maps(opened, split, paths, say), None)


def _filters(opened: Ready, say: Language) -> Drawing | None:
    """The first layer's filters, where it sees pixels."""
    nodes = cost_table(opened.graph).as_json()["nodes"]
    found = first_filters(nodes, opened.saved.weights)
    if found is None:
        return None
    told = {"n": len(found.kernels), "layer": shown(found.path)}
    largest = say.decimal(found.largest, 3)
    lines = [say("inside.filters_caption", largest=largest, **told)]
    if len(found.kernels) > MOST:
        lines.append(say("inside.filters_first", n=MOST))
    return Drawing(filters_figure(found), say("inside.filters_alt", **told), " ".join(lines))


def usual_layers(nodes: Sequence[Node]) -> list[str]:
    """The convolutions, at most a few of them evenly apart, the first and the last among them."""
    convolutions = [node for node in nodes if node.function == "conv"]
    wide = [node for node in convolutions if node.hyper_parameters.get("kernel") not in _POINTS]
    paths = [node.path for node in wide or convolutions]
    return [paths[place] for place in evenly(len(paths), _MOST_LAYERS)]


def _maps(opened: Ready, split: Split, paths: Sequence[str], say: Language) -> Drawing:
    rows = np.sort(chosen_rows(len(split), _NUM_IMAGES, _SEED))
    images: Images = stored(selected(split.images, rows))
    masks = {path: opened.masks(images, path) for path in paths}
    captions = [shown(opened.class_names[label]) for label in split.labels[rows]]
    rows_of_masks = {shown(path): mask for path, mask in masks.items()}
    figure = masks_figure(images, captions, rows_of_masks, say("inside.scale"))
    return Drawing(figure, say("inside.alt", layers=", ".join(paths)), say("inside.caption"))
