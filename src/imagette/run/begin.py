"""What a new run begins with: its first weights, and its folder with all that is known by then."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.engines.initial import first_weights
from imagette.experiment import digest, resolved
from imagette.network import cost_table
from imagette.run.evaluate import about_data
from imagette.run.keep import first_checkpoint
from imagette.run.own import Sources, pointers_of, relocated
from imagette.run.prepare import Prepared
from imagette.store.folder import RunFolder
from imagette.store.matching import match_weights
from imagette.store.provenance import environment
from imagette.store.trust import remember


@dataclass(frozen=True)
class Origin:
    """Where first weights come from, if not from the seed: a run, all its layers but `reset`."""

    run: Path
    reset: tuple[str, ...] = ()


def first_values(prepared: Prepared) -> dict[str, NDArray[np.float32]]:
    """What the recipe says for a network of the language, whitening from its training images."""
    experiment, images, sample = prepared.experiment, prepared.dataset.train.images, None
    whitening = experiment.recipe.whitening
    if whitening:
        num_images = min(whitening.images, len(images))
        # Evenly apart, for a source may hold its classes one after the other.
        rows = np.linspace(0, len(images) - 1, num_images).round().astype(np.int64)
        sample = prepared.preprocess.apply(np.asarray(images[rows]))
    return first_weights(prepared.graph, experiment.recipe, experiment.seed, sample)


def weights_to_begin(prepared: Prepared, origin: Origin | None) -> dict[str, NDArray[np.float32]]:
    """From the seed, or a module's own; an origin's weights take their place."""
    if prepared.own and prepared.own.has_network:
        weights = prepared.own.first_values()
    else:
        weights = first_values(prepared)
    if origin:
        saved = RunFolder.open(origin.run).load("last")
        wanted = {weight.name: weight.shape for weight in prepared.graph.weights}
        weights |= match_weights(wanted, saved.weights, origin.reset)[0]
    return weights


def make_folder(
    prepared: Prepared,
    weights: Weights,
    sources: Sources,
    source: Path | None = None,
    out: Path | None = None,
    origin: Origin | None = None,
) -> RunFolder:
    """A new run folder with all that is known before training, its first weights included.

    The code in it counts as the user's.
    """
    experiment = relocated(prepared.experiment)
    came = {"run": str(origin.run.absolute()), "reset": list(origin.reset)} if origin else None
    folder = RunFolder.create(
        root=Path(experiment.run.folder),
        title=experiment.run.title,
        experiment_source=(source.name, source.read_bytes()) if source else None,
        resolved=resolved(experiment),
        network_text=prepared.card.network,
        cost=cost_table(prepared.graph).as_json(),
        environment={
            **environment(),
            "device": prepared.model.device,
            "experiment": digest(experiment),
            "data": about_data(prepared.dataset),
            "from": came,
        },
        out=out,
        first=first_checkpoint(weights, prepared.card),
        code=sources,
    )
    if pointers_of(experiment):
        remember(folder.path)
    return folder
