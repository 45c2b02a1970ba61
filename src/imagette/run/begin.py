"""What a new run begins with: its first weights, and its folder with all that is known by then."""

from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.data.evenly import evenly
from imagette.engines.initial import first_weights
from imagette.experiment import digest, resolved
from imagette.network import cost_table
from imagette.run.evaluate import about_data
from imagette.run.keep import first_checkpoint
from imagette.run.origin import Given
from imagette.run.own import Sources, pointers_of, relocated
from imagette.run.prepare import Prepared
from imagette.store.folder import RunFolder
from imagette.store.provenance import environment
from imagette.store.trust import remember


def first_values(prepared: Prepared) -> dict[str, NDArray[np.float32]]:
    """What the recipe says for a network of the language, whitening from its training images."""
    experiment, images, sample = prepared.experiment, prepared.dataset.train.images, None
    whitening = experiment.recipe.whitening
    if whitening:
        rows = evenly(len(images), whitening.images)
        sample = prepared.preprocess.apply(np.asarray(images[rows]))
    return first_weights(prepared.graph, experiment.recipe, experiment.seed, sample)


def weights_to_begin(prepared: Prepared, given: Given | None) -> dict[str, NDArray[np.float32]]:
    """From the seed, or a module's own; weights given from elsewhere take their place."""
    if prepared.own and prepared.own.has_network:
        weights = prepared.own.first_values()
    else:
        weights = first_values(prepared)
    return weights | given.weights(prepared.graph) if given else weights


def make_folder(
    prepared: Prepared,
    weights: Weights,
    sources: Sources,
    source: Path | None = None,
    out: Path | None = None,
    given: Given | None = None,
) -> RunFolder:
    """A new run folder with all that is known before training, its first weights included.

    The code in it counts as the user's.
    """
    experiment = relocated(prepared.experiment)
    folder = RunFolder.create(
        root=Path(experiment.run.folder),
        title=experiment.run.title,
        experiment_source=(source.name, source.read_bytes()) if source else None,
        resolved=resolved(experiment.model_copy(update={"run": experiment.run.anchored()})),
        network_text=prepared.card.network,
        cost=cost_table(prepared.graph).as_json(),
        environment={
            **environment(),
            "token": token_hex(8),  # runs of one command in one second are two to a tracker
            "device": prepared.model.device,
            "experiment": digest(experiment),
            "data": about_data(prepared.dataset),
            "from": given.account if given else None,
        },
        out=out,
        first=first_checkpoint(weights, prepared.card),
        code=sources,
    )
    if pointers_of(experiment):
        remember(folder.path)
    return folder
