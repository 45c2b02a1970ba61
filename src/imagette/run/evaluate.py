"""What a trained network is worth on a split: the weights of a run, judged again."""

import shlex
import sys
from pathlib import Path
from typing import Literal

from imagette.data.dataset import Dataset, open_data, open_test
from imagette.data.preprocess import Preprocess
from imagette.data.split import Split
from imagette.engines.own import Own
from imagette.engines.protocol import Model
from imagette.errors import DataError, StoreError, UsageError
from imagette.evaluate.evaluation import Evaluation
from imagette.experiment import Experiment, check
from imagette.network import Graph, parse, walk
from imagette.report.curves import curves, figure_bytes
from imagette.run.engine import build
from imagette.run.judge import Judge
from imagette.run.on_engine import engine_by_now, on_engine
from imagette.run.own import LIVE, own_of, pointers_of
from imagette.run.prepare import numpy_loss, settled
from imagette.run.seal import count_runs_of_title
from imagette.store.checkpoint import Saved
from imagette.store.checkpoints import Which
from imagette.store.folder import RunFolder
from imagette.store.ledger import Ledger, Purpose
from imagette.store.own_copy import own_copy
from imagette.store.published import refuse_without_weights
from imagette.store.trust import check_trusted

SplitName = Literal["train", "validation", "test"]


def evaluate_run(
    run: Path | str,
    split: SplitName = "validation",
    *,
    which: Which = "last",
    open_test_set: bool = False,
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
) -> Evaluation:
    """Judges a run's weights on one of its splits, and keeps figures and logits in its folder.

    The test set is opened only with `open_test_set`, each opening is on record, and the result is
    drawn on the run's curves. Code that the run holds is run only if it was yours already, or with
    `trust`. On another `engine` than the run's, what is kept is named for it, beside the run's own.
    Raises UsageError for what was not allowed, or if the run has no validation images, and
    DataError if the data are no longer those it was trained on.
    """
    folder = RunFolder.open(own_copy(run))
    refuse_without_weights(folder)
    saved = folder.load(which)
    asked = trusted_experiment(folder, trust)
    own_engine = engine_by_now(asked, folder)
    experiment = on_engine(asked, engine or own_engine)
    images = split_of(folder, saved, experiment, split, open_test_set, data_dir)
    base = folder.source
    own = own_of(experiment, saved.card.input_shape, base)
    model = rebuild(experiment, saved, own)
    judge = Judge(folder, experiment, model, numpy_loss(experiment, own), base)
    parts = [split, which if which != "last" else "", engine if engine != own_engine else ""]
    name = "-".join(part for part in parts if part)
    num_views = experiment.evaluation.num_views_of(split)
    evaluation = judge.judge(saved, name, images, num_views, spent_by(folder))
    if split == "test":
        draw_curves(folder, experiment, evaluation.accuracy)
    return evaluation


def experiment_of(folder: RunFolder) -> Experiment:
    """What the run was asked to do, as it was resolved at its start."""
    return check(folder.resolved(), str(folder.path / "resolved.json"))


def trusted_experiment(folder: RunFolder, trust: bool) -> Experiment:
    """The same, once its code is known to be this user's, or trusted by name."""
    experiment = experiment_of(folder)
    pointers = pointers_of(experiment)
    live = [pointer for pointer in pointers if pointer.startswith(LIVE)]
    if live:
        raise UsageError(
            f"{folder.path} was trained from live objects ({', '.join(live)}), which no file "
            "holds: use what imagette.fit returned."
        )
    if pointers:
        check_trusted(folder.path, trust)
    return experiment


def rebuild(experiment: Experiment, saved: Saved, own: Own | None) -> Model:
    """The model that a checkpoint's own card describes: nothing of it is computed again."""
    preprocess = Preprocess.from_json(saved.card.preprocess)
    graph = graph_of(experiment, saved, own)
    return build(graph, experiment.recipe, preprocess, experiment.engine, own)


def graph_of(experiment: Experiment, saved: Saved, own: Own | None) -> Graph:
    """The network of a checkpoint's own card, walked, or traced where it is code of one's own."""
    card = saved.card
    if own and own.has_network:
        graph, _ = settled(experiment, card.input_shape, len(card.class_names), own)
    else:
        try:
            graph = walk(parse(card.network), card.input_shape, len(card.class_names))
        except UsageError as error:  # a network that was trained can be walked
            raise StoreError(f"{saved.folder} is damaged in its network: {error}") from error
    _check_fit(graph, saved)
    return graph


def _check_fit(graph: Graph, saved: Saved) -> None:
    """Refuses weights that are not of the network beside them, or not for pictures like these."""
    wanted = {weight.name: weight.shape for weight in graph.weights}
    given = {name: array.shape for name, array in saved.weights.items()}
    wrong = [name for name in {**wanted, **given} if wanted.get(name) != given.get(name)]
    if wrong:
        name = wrong[0]
        raise StoreError(
            f"{saved.folder} is damaged: its weights do not fit its network, {name!r:.80} is "
            f"{given.get(name)} and must be {wanted.get(name)}. Use another checkpoint"
        )
    channels = len(saved.card.preprocess["channels_mean"])
    if channels != saved.card.input_shape[0]:
        raise StoreError(
            f"{saved.folder} is damaged: mean and deviation are of {channels} channels, the "
            f"pictures of {saved.card.input_shape[0]}. Use another checkpoint"
        )


def spent_by(folder: RunFolder) -> dict[str, float]:
    """The run's `train_seconds` and `setup_seconds`, once it is finished."""
    finished = folder.finished()
    return dict(finished["spent"]) if finished else {}


def draw_curves(folder: RunFolder, experiment: Experiment, test: float | None = None) -> None:
    """Writes `curves.png`, with the result on an opened test set as a horizontal line."""
    figure = curves(folder.history(), experiment.run.title, test)
    folder.write_picture("curves.png", figure_bytes(figure))


def about_data(dataset: Dataset) -> dict[str, object]:
    """What identifies the data of a run; its class names are in every checkpoint."""
    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "train": len(dataset.train),
        "validation": len(dataset.validation),
        "source": dataset.source,
    }


def check_same_data(folder: RunFolder, dataset: Dataset) -> None:
    """Refuses data that changed since the run began: what it trained on could be judged as new."""
    known = folder.environment().get("data", {}).get("digest")
    if known != dataset.digest:
        raise DataError(
            f"{dataset.name} is not what {folder.path} was trained on (its digest is "
            f"{dataset.digest[:12]}, not {str(known)[:12]}): bring those back, or train anew."
        )


def ledger_of(folder: RunFolder, purpose: Purpose, weights_digest: str = "") -> Ledger:
    """What a row of the ledger will say of an opening by this run, now."""
    command = shlex.join(["imagette", *sys.argv[1:]])
    earlier = count_runs_of_title(folder)
    made = str(folder.environment().get("time") or "")
    return Ledger(folder.path, weights_digest, command, purpose, earlier, made)


def split_of(
    folder: RunFolder,
    saved: Saved,
    experiment: Experiment,
    split: SplitName,
    open_test_set: bool,
    data_dir: Path | None,
) -> Split:
    """One split of a run's data; the test set only if it may be opened, which is recorded."""
    if split == "test" and not open_test_set:
        raise UsageError(
            "The test set is sealed: choose on validation, then open it once, at the end, with "
            "--split test --open-test. The opening is recorded."
        )
    dataset = open_data(experiment.data, data_dir, folder.source)
    check_same_data(folder, dataset)
    if split == "test":
        ledger = ledger_of(folder, "evaluate", saved.weights_digest)
        return open_test(experiment.data, ledger, data_dir, folder.source)
    images = dataset.train if split == "train" else dataset.validation
    if not len(images):
        raise UsageError(
            f"{folder.path} was trained without validation images (data.validation = 0): "
            "take --split train, or --split test --open-test."
        )
    return images
