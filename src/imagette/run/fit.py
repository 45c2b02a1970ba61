"""Training live objects: a module, data and an optimiser that exist already, as in a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from imagette.data.dataset import Dataset
from imagette.data.live import dataset_of
from imagette.errors import MissingExtra
from imagette.evaluate.evaluation import Evaluation
from imagette.experiment import check
from imagette.pointers import source_of
from imagette.run.begin import make_folder
from imagette.run.checks import check_together
from imagette.run.own import LIVE
from imagette.run.prepare import prepare_with
from imagette.run.train import Ended, train_prepared
from imagette.store.folder import RunFolder
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
) -> Fitted:
    """Trains a torch module in place, through the same loop and run folder as an experiment.

    `data` is a Dataset, or (images, labels) arrays, or an object with `__getitem__` and `__len__`;
    `test` a Split to measure at every epoch, as courses ask. `optimiser` is one made from the
    module's parameters, or a list of them; its rate stays its own. `loss` is a name, or a function
    (outputs, labels) to a number. The module sees pixels from 0 to 1, unless `normalise` is
    "channels". Training accuracy is recomputed after each epoch. Raises UsageError for objects that
    do not fit each other.

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
    settings = {
        "seed": seed,
        "data": {"name": dataset.name, "normalise": normalise},
        "network": {"python": f"{LIVE}{type(model).__name__}"},
        "recipe": {
            "epochs": epochs,
            "batch": batch,
            "optimiser": {"python": f"{LIVE}{_names(optimiser)}"},
            "loss": loss if isinstance(loss, str) else {"python": f"{LIVE}{loss.__name__}"},
        },
        "evaluation": {"train": "recomputed", "test": "sealed" if test is None else "each-epoch"},
        "run": {"title": title, "folder": str(runs)},
    }
    prepared = prepare_with(check(settings, "fit"), dataset, own)
    remarks = check_together(prepared)
    folder = make_folder(prepared, _sources(model, loss))
    events = train_prepared(prepared, folder, Start(own.live()), remarks, began, test=test)
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
    found = (source_of(thing) for thing in things if not isinstance(thing, str))
    return dict(source for source in found if source)


def _names(optimiser: Any) -> str:
    several = optimiser if isinstance(optimiser, list | tuple) else [optimiser]
    return "+".join(type(one).__name__ for one in several)
