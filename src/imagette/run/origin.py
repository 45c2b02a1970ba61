"""Weights that a training begins with instead of the seed's: those of a run, or of any file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagette.errors import UsageError
from imagette.network.graph import Graph
from imagette.store.folder import RunFolder
from imagette.store.matching import Shape, match_weights
from imagette.store.naming import is_pretrained, names_run
from imagette.store.published import refuse_without_weights
from imagette.store.weight_names import ORDER, left_over, sources_by_name, sources_by_order
from imagette.store.weights_file import WeightsFile, as_first_weight, read_weights_file

Names = Mapping[str, str] | Literal["order"] | None


@dataclass(frozen=True)
class Origin:
    """Where first weights come from: a run, or a file of weights; all layers but `reset`.

    `names` says what a file calls the weights or layers of the network; None: by their own names.
    """

    path: Path
    reset: tuple[str, ...] = ()
    names: Names = None


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What was found there, and an account of it for the run's folder, as JSON."""

    origin: Origin
    source: RunFolder | WeightsFile
    account: Mapping[str, Any]

    def weights(self, graph: Graph) -> dict[str, NDArray[np.float32]]:
        """What a network begins with, by name; UsageError for all that does not fit it."""
        wanted = {weight.name: weight.shape for weight in graph.weights}
        if isinstance(self.source, RunFolder):
            return match_weights(wanted, self.source.load("last").weights, self.origin.reset)[0]
        return _of_file(self.source, wanted, self.origin)


def read_origin(origin: Origin) -> Given:
    """Raises UsageError if there is neither a run nor a file, StoreError for a file that is bad."""
    reset = list(origin.reset)
    if names_run(origin.path) or not (origin.path.exists() or origin.path.suffix):
        folder = RunFolder.open(origin.path)
        refuse_without_weights(folder)
        if origin.names is not None:
            raise UsageError(
                "--names is for files of other programs: a run's weights have their names. "
                "Leave it out."
            )
        run = origin.path if is_pretrained(origin.path) else origin.path.absolute()
        return Given(origin, folder, {"run": str(run), "reset": reset})
    found = read_weights_file(origin.path)
    account = {
        "file": str(origin.path.absolute()),
        "sha256": found.digest,
        "names": origin.names if isinstance(origin.names, str) else dict(origin.names or {}),
        "reset": reset,
    }
    return Given(origin, found, account)


def origin_of(account: Mapping[str, Any]) -> Origin:
    """The origin that a run's folder tells of."""
    path = account.get("run") or account["file"]
    return Origin(Path(path), tuple(account["reset"]), account.get("names"))


def _of_file(
    file: WeightsFile, wanted: Mapping[str, Shape], origin: Origin
) -> dict[str, NDArray[np.float32]]:
    held = {name: array.shape for name, array in file.arrays.items()}
    if origin.names == ORDER:
        if not file.ordered:
            raise UsageError(
                f"--names order: {file.path} keeps no order, as safetensors sort their tensors: "
                "give a file of names"
            )
        sources = sources_by_order(wanted, held, file.path)
    else:
        names = origin.names if isinstance(origin.names, Mapping) else {}
        sources = sources_by_name(wanted, held, names)
    given = {name: file.arrays[source] for name, source in sources.items()}
    spare = left_over(held, set(sources.values()))
    _refuse_hidden([name for name in spare if name in given], sources, file.path)
    given = {name: file.arrays[name] for name in spare} | given
    try:
        taken = match_weights(wanted, given, origin.reset)[0]
    except UsageError as error:
        raise UsageError(f"{error}. Or say what {file.path} calls them: --names FILE") from None
    found = {n: as_first_weight(array, sources[n], file.path) for n, array in taken.items()}
    for name, values in found.items():
        if name.endswith(".var") and (values < 0).any():
            raise UsageError(
                f"{sources[name]} of {file.path} is negative in places, so it is not the variance "
                f"{name}: give a file of names"
            )
    return found


def _refuse_hidden(hidden: Sequence[str], sources: Mapping[str, str], path: Path) -> None:
    """What the file has under a name of the network's own, while another was taken for it."""
    if hidden:
        name = hidden[0]
        raise UsageError(
            f"--names: {name} is {sources[name]}, and {path} has a {name} that nothing takes: "
            "say whose it is, or leave it out of the file"
        )
