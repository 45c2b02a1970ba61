"""ReLUs that give 0 whatever they are shown: which, and the remark that names them."""

import numpy as np

from imagette.arrays import Images, Weights
from imagette.engines.protocol import Model
from imagette.network.graph import Graph

PROBE = 64
"""Training images that are shown."""


def dead_layers(model: Model, graph: Graph, weights: Weights, images: Images) -> tuple[str, ...]:
    """The paths of the ReLUs whose every output is 0 for every image [N,H,W,C].

    Nothing before such a layer learns, for no gradient passes it.
    """
    paths = [node.path for node in graph.nodes if node.function == "relu"]
    if not paths:
        return ()
    found = model.activations(weights, images, paths)
    return tuple(path for path in paths if not np.any(found[path]))


def deadness(dead: tuple[str, ...], num_images: int, when: str, rate: float) -> str | None:
    """The remark on dead layers; `when` is "epoch 1" or the like.

    >>> deadness(("relu2",), 64, "epoch 1", 0.5)
    'after epoch 1 relu2 gives 0 for each of 64 images: it is dead, and nothing before it learns. \
Lower recipe.optimiser.rate, 0.5, or begin with smaller weights'
    """
    if not dead:
        return None
    more = f" (and {', '.join(dead[1:4])}{' and more' if len(dead) > 4 else ''})"
    return (
        f"after {when} {dead[0]}{more if dead[1:] else ''} gives 0 for each of {num_images} "
        "images: it is dead, and nothing before it learns. Lower recipe.optimiser.rate, "
        f"{rate:g}, or begin with smaller weights"
    )
