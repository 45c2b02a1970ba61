"""Training live objects: a module, data and an optimiser that exist already, as in a notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from imagette.data.dataset import Dataset
from imagette.data.items import split_of
from imagette.data.live import dataset_of
from imagette.data.raw import check_labels
from imagette.data.split import Split
from imagette.errors import MissingExtra, UsageError
from imagette.evaluate.evaluation import Evaluation
from imagette.experiment import Experiment, check, digest
from imagette.pointers import source_of
from imagette.run.begin import make_folder
from imagette.run.checks import check_together
from imagette.run.evaluate import experiment_of
from imagette.run.own import LIVE
from imagette.run.prepare import prepare_with
from imagette.run.train import (
    Ended,
    RunEvents,
    resume_prepared,
    train_prepared,
    with_decisions,
)
from imagette.store.folder import RunFolder
from imagette.store.lock import held
from imagette.store.published import refuse_to_go_on
from imagette.train.loop import Start

if TYPE_CHECKING:
    from imagette.engines.with_torch.own import Own


@dataclass(frozen=True)
class Fitted:
    """What a training of live objects leaves: the module itself holds the trained weights."""

    folder: RunFolder
    evaluation: Evaluation
    history: tuple[Mapping[str, Any], ...]


def fit(
    model: Any,
    data: Any,
    optimiser: Any,
    *,
    epochs: int = 100,
    batch: int | str = 512,
    loss: Any = "cross_entropy",
    normalise: str = "none",
    test: Any = None,
    seed: int = 0,
    title: str = "fit",
    runs: str | Path = "runs",
    resume: str | Path | None = None,
) -> Fitted:
    """Trains a torch module in place, through the same loop and run folder as an experiment.

    `data` is a Dataset, or (images, labels) arrays, or an object with `__getitem__` and `__len__`;
    `test` the same, or a Split, to measure at every epoch, as courses ask. `optimiser` is one made
    from the module's parameters, or a list of them; its rate stays its own. `loss` is a name, or a
    function (outputs, labels) to a number. The module sees pixels from 0 to 1, unless `normalise`
    is "channels". Training accuracy is recomputed after each epoch. `resume` is the folder of a
    run that was interrupted: with equal objects and settings it goes on from its last checkpoint.
    Raises UsageError for objects that do not fit each other, DataError for data that are not
    pictures with labels.

    >>> import numpy as np, torch
    >>> images = np.random.default_rng(0).integers(0, 256, (60, 8, 8)).astype(np.uint8)
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
    >>> adam = torch.optim.Adam(net.parameters())
    >>> fitted = fit(net, (images, np.arange(60) % 3), adam, epochs=2, batch=16)
    >>> [row["epoch"] for row in fitted.history]
    [0, 1, 2]
    """
    began = perf_counter()
    own = _own(model, optimiser, loss)
    dataset = data if isinstance(data, Dataset) else dataset_of(data)
    shown = None if test is None else _test_of(test, dataset)
    settings = {
        "seed": seed,
        "data": {"name": dataset.name, "normalise": normalise},
        "network": {"python": f"{LIVE}{type(model).__name__}"},  # cost.json says what is in it
        "recipe": {
            "epochs": epochs,
            "batch": batch,
            "optimiser": _optimiser(optimiser),
            "loss": loss if isinstance(loss, str) else _loss(loss),
        },
        "evaluation": {"train": "recomputed", "test": "sealed" if shown is None else "each-epoch"},
        "run": {"title": title, "folder": str(runs)},
    }
    experiment = check(settings, "fit")
    if resume is not None:
        return _resumed(RunFolder.open(Path(resume)), experiment, dataset, own, shown)
    prepared = prepare_with(experiment, dataset, own)
    remarks = check_together(prepared)
    weights = own.live()
    folder = make_folder(prepared, weights, _sources(model, loss))
    events = train_prepared(prepared, folder, Start(weights), remarks, began, test=shown)
    return _fitted(folder, events)


def _resumed(
    folder: RunFolder, experiment: Experiment, dataset: Dataset, own: "Own", test: Split | None
) -> Fitted:
    began = perf_counter()
    if digest(experiment) != digest(experiment_of(folder)):  # keys younger than the run count
        raise UsageError(
            f"{folder.path} was begun with other settings: give fit the same arguments, or train "
            "anew without resume."
        )
    refuse_to_go_on(folder)
    if folder.finished():
        raise UsageError(f"{folder.path} is finished: there is nothing to resume.")
    with held(folder.path):
        prepared = prepare_with(with_decisions(experiment, folder), dataset, own)
        return _fitted(folder, resume_prepared(prepared, folder, began, test=test))


def _fitted(folder: RunFolder, events: RunEvents) -> Fitted:
    *_, ended = events
    assert isinstance(ended, Ended), "nobody asked it to stop"
    return Fitted(folder, ended.evaluation, tuple(folder.history()))


def _own(model: Any, optimiser: Any, loss: Any) -> "Own":
    if find_spec("torch") is None:
        raise MissingExtra("PyTorch (imagette.fit)", "torch")
    from imagette.engines.with_torch.own import live_own

    return live_own(model, optimiser, None if isinstance(loss, str) else loss)


def _sources(*things: Any) -> dict[str, bytes]:
    """The code of what was written by the user; of what torch made there is nothing to keep."""
    own = (thing for thing in things if not isinstance(thing, str) and not _of_torch(thing))
    found = map(source_of, own)
    return dict(source for source in found if source)


def _of_torch(thing: Any) -> bool:
    return getattr(thing, "__module__", type(thing).__module__).partition(".")[0] == "torch"


def _test_of(test: Any, dataset: Dataset) -> Split:
    """The test images, once they are of the shape and the classes of the training images."""
    split = split_of(test, "test")
    if not len(split):
        raise UsageError("test has no images: give some, or leave it out.")
    if split.images.shape[1:] != dataset.train.images.shape[1:]:
        raise UsageError(
            "test must have images of the shape of the training images, "
            f"{list(dataset.train.images.shape[1:])} (height, width, channels). "
            f"Got {list(split.images.shape[1:])}."
        )
    check_labels(split.labels, dataset.class_names, "test")
    return split


def _optimiser(optimiser: Any) -> dict[str, Any]:
    """Its classes, and the settings of its parameter groups: all that tells two of them apart."""
    several = _listed(optimiser)
    groups = [_plain(group) for one in several for group in one.param_groups]
    args = groups[0] if len(groups) == 1 else {str(n): group for n, group in enumerate(groups)}
    return {"python": f"{LIVE}{'+'.join(type(one).__name__ for one in several)}", "args": args}


def _loss(loss: Any) -> dict[str, Any]:
    """Its name, and the settings of a partial function or of an object."""
    if isinstance(loss, partial):
        inner = _loss(loss.func)
        return {**inner, "args": {**inner["args"], **_plain(loss.keywords)}}
    name = getattr(loss, "__name__", type(loss).__name__)
    return {"python": f"{LIVE}{name}", "args": _plain(getattr(loss, "__dict__", {}))}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that JSON can hold exactly: flags, finite numbers, words, and lists of them."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if not key.startswith("_") and all(map(_is_plain, _listed(value)))
    }


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value))
