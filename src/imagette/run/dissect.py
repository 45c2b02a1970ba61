"""The values of every tensor Xn for one image, and one of them worked out by hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Weights
from imagette.data.dataset import open_data
from imagette.data.preprocess import Preprocess, preprocess_of
from imagette.data.resize import resized
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.data.streamed import selected, stored
from imagette.engines.initial import first_weights
from imagette.engines.protocol import Model
from imagette.errors import UsageError, nearest
from imagette.experiment import Experiment
from imagette.network.graph import Graph, Node
from imagette.recipe.recipe import Recipe
from imagette.run.begin import weights_to_begin
from imagette.run.by_hand import Place, Worked, check_place, worked_out
from imagette.run.engine import build
from imagette.run.evaluate import SplitName, split_of
from imagette.run.on_engine import on_engine
from imagette.run.prepare import prepare
from imagette.run.ready import ready
from imagette.store.checkpoints import Which
from imagette.store.own_copy import own_copy

SAMPLE = "fashion-sample"  # what a network alone is shown: it comes with imagette
EXCERPT = 3  # values


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A network with weights, on an engine, and the images that it may be shown."""

    graph: Graph
    model: Model
    weights: Weights
    preprocess: Preprocess
    split: Split
    of: str  # which images they are, in words
    class_names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """Xn: what it is of, and its values for one image, [C,H,W] or [F]."""

    number: int
    path: str  # of the node that made it; "input" for X0
    values: NDArray[np.float32]

    @property
    def excerpt(self) -> tuple[Place, list[float]]:
        """The middle of the first channel's middle row, or the first features, and where."""
        values = self.values
        if values.ndim != 3:
            return (0,), values.ravel()[:EXCERPT].tolist()
        _, height, width = values.shape
        row, column = height // 2, max(0, (width - EXCERPT) // 2)
        return (0, row, column), values[0, row, column : column + EXCERPT].tolist()

    def as_json(self) -> dict[str, Any]:
        return {
            "tensor": f"X{self.number}",
            "path": self.path,
            "shape": list(self.values.shape),
            "minimum": float(self.values.min()),
            "maximum": float(self.values.max()),
            "mean": float(self.values.mean(dtype=np.float64)),
            "values": self.values.tolist(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Dissection:
    """Every tensor of one image, in order, and what was worked out by hand, if it was asked for."""

    image: NDArray[np.uint8]  # [H,W,C]
    of: str
    index: int
    label: str | None
    predicted: str | None
    tensors: tuple[Tensor, ...]
    worked: Worked | None
    computed: float | None  # what the engine has where `worked` was worked out
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        by_hand = {**self.worked.as_json(), "engine": self.computed} if self.worked else None
        return {
            "images": self.of,
            "image": self.index,
            "label": self.label,
            "predicted": self.predicted,
            "notes": list(self.notes),
            "tensors": [tensor.as_json() for tensor in self.tensors],
            "by_hand": by_hand,
        }


def dissect(
    subject: Subject, image: int, layer: str | None = None, at: Place | None = None
) -> Dissection:
    """All tensors of the image at index `image`, in evaluation mode.

    With a layer, its output at one place is worked out by hand too: `at`, or the middle of its
    first channel. Raises UsageError for an image, a layer or a place that there is not.
    """
    if not 0 <= image < len(subject.split):
        raise UsageError(
            f"--image must be 0 to {len(subject.split) - 1} of the {subject.of}. Got {image}."
        )
    asked = _asked(subject.graph, layer, at)
    pixels: Images = stored(selected(subject.split.images, slice(image, image + 1)))
    tensors = _tensors(subject, pixels)
    worked = computed = None
    if asked:
        node, at = asked
        inputs = [tensors[number].values for number in node.inputs]
        worked = worked_out(node, inputs, subject.weights, at)
        computed = float(tensors[node.output].values[at])
    known = len(subject.class_names) == subject.graph.classes
    logits = tensors[subject.graph.last.output].values
    return Dissection(
        image=pixels[0],
        of=subject.of,
        index=image,
        label=subject.class_names[subject.split.labels[image]] if known else None,
        predicted=subject.class_names[int(logits.argmax())] if known else None,
        tensors=tuple(tensors),
        worked=worked,
        computed=computed,
        notes=subject.notes,
    )


def _asked(graph: Graph, layer: str | None, at: Place | None) -> tuple[Node, Place] | None:
    """The node of a layer and a place in its output; raises UsageError if there is not such."""
    if layer is None:
        return None
    nodes = {node.path: node for node in graph.nodes}
    if layer not in nodes:
        raise UsageError(f"No layer is called {layer!r:.100}. {nearest(layer, nodes)}")
    place = at or (0, *(side // 2 for side in nodes[layer].output_shape[1:]))
    check_place(nodes[layer], place)
    return nodes[layer], place


def _tensors(subject: Subject, pixels: Images) -> list[Tensor]:
    paths = [node.path for node in subject.graph.nodes]
    found = subject.model.activations(subject.weights, pixels, paths)
    inputs = subject.preprocess.apply(pixels)[0]
    made = [Tensor(n, path, found[path][0]) for n, path in enumerate(paths, start=1)]
    return [Tensor(0, "input", inputs), *made]


def run_subject(
    run: Path | str,
    split: SplitName = "validation",
    *,
    open_test_set: bool = False,
    which: Which = "last",
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
    layer: str | None = None,
    at: Place | None = None,
) -> Subject:
    """A run's network with its weights, and one of its splits; an opened test set is recorded.

    A layer and a place that will be asked for are checked first: a slip opens nothing.
    """
    opened = ready(own_copy(run) if split == "test" else run, which, trust=trust, engine=engine)
    _asked(opened.graph, layer, at)
    images = split_of(
        opened.folder, opened.saved, opened.experiment, split, open_test_set, data_dir
    )
    return Subject(
        graph=opened.graph,
        model=opened.model,
        weights=opened.saved.weights,
        preprocess=Preprocess.from_json(opened.saved.card.preprocess),
        split=images,
        of=f"{len(images):,} {split} images",
        class_names=opened.class_names,
        notes=opened.notes,
    )


def experiment_subject(
    experiment: Experiment,
    split: SplitName = "validation",
    *,
    data_dir: Path | None = None,
    base: Path | None = None,
    engine: str | None = None,
) -> Subject:
    """An experiment's network with its first weights, and its training or validation images."""
    asked = on_engine(experiment, engine) if engine else experiment
    prepared = prepare(asked, data_dir, base)
    images = prepared.dataset.validation if split == "validation" else prepared.dataset.train
    if split == "test" or not len(images):
        raise UsageError("An experiment shows its training images: give --split train.")
    return Subject(
        graph=prepared.graph,
        model=prepared.model,
        weights=weights_to_begin(prepared, None),
        preprocess=prepared.preprocess,
        split=images,
        of=f"{len(images):,} {split} images",
        class_names=prepared.dataset.class_names,
        notes=("first weights: nothing is trained",),
    )


def network_subject(graph: Graph, seed: int = 0, engine: str | None = None) -> Subject:
    """A network with the first weights of `seed`, and the embedded sample brought to its size."""
    sample = open_data(DataSpec(name=SAMPLE))
    channels, height, width = graph.input_shape
    scaled = resized(sample.validation, height, width)
    images = np.repeat(stored(scaled.images), channels, axis=3)
    train = Split(np.repeat(stored(sample.train.images), channels, axis=3), sample.train.labels)
    preprocess = preprocess_of(DataSpec(name=SAMPLE), train)
    spec = on_engine(Experiment(), engine or "torch").engine
    sized = "" if (height, width) == (28, 28) else f", scaled to {height} x {width}"
    return Subject(
        graph=graph,
        model=build(graph, Recipe(), preprocess, spec),
        weights=first_weights(graph, seed=seed),
        preprocess=preprocess,
        split=Split(images, scaled.labels),
        of=f"{len(scaled):,} validation images of {SAMPLE}{sized}",
        class_names=sample.class_names,
        notes=(f"first weights of seed {seed}: nothing is trained",),
    )
