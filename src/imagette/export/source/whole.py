"""The whole of an exported file: its head, imports and constants, and what they are for."""

from collections.abc import Iterable, Sequence

from imagette.data.preprocess import Preprocess
from imagette.export.source.head import constants_of_network
from imagette.export.source.imports import imports_of
from imagette.export.source.layout import joined
from imagette.export.source.recipe_code import Training, constants
from imagette.network.graph import Graph

IMAGES = "Images = NDArray[np.uint8]  # [N,H,W,C], 0 to 255"


def file_text(
    top: str,
    kinds: Sequence[str],
    numbers: Sequence[str],
    sections: Iterable[str],
    loader: str,
    training: Training | None,
) -> str:
    """The text; `kinds` are names of types, `loader` the module that reads and writes weights."""
    body = joined(sections)
    constant = "\n".join([IMAGES, *kinds, "", *numbers])
    loaded = ("load_file", "save_file") if training else ("load_file",)
    imports = imports_of(f"{constant}\n{body}", {loader: loaded})
    return f"{top}\n\n{imports}\n\n{constant}\n\n\n{body}"


def numbers_of(
    class_names: Sequence[str], preprocess: Preprocess, graph: Graph, training: Training | None
) -> list[str]:
    """The lines of what the network knows of its pictures, and of how it is trained."""
    of_training = ["", *constants(training)] if training else []
    return [*constants_of_network(class_names, preprocess, graph), *of_training]
