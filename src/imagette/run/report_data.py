"""The data of a run, brought in for its report where they are on this machine."""

from dataclasses import dataclass
from pathlib import Path

from imagette.data.dataset import Dataset, look_at_test, open_data
from imagette.data.preprocess import Preprocess
from imagette.data.split import Split
from imagette.data.statistics import channel_statistics, class_counts
from imagette.data.streamed import StreamedImages
from imagette.errors import ImagetteError
from imagette.report.sections.data import DataFacts, Statistics
from imagette.run.evaluate import check_same_data, trusted_experiment
from imagette.store.checkpoint import ModelCard
from imagette.store.folder import RunFolder


@dataclass(frozen=True)
class Brought:
    """The splits that could be opened, by name, and what the report says of the data."""

    splits: dict[str, Split]
    facts: DataFacts | None


def bring_data(folder: RunFolder, data_dir: Path | None, trust: bool) -> Brought:
    """Opens what the run was trained on; where that cannot be, the facts say why.

    The test images are looked at, and put through no network.
    """
    card = _card(folder)
    try:
        experiment = trusted_experiment(folder, trust)
        dataset = open_data(experiment.data, data_dir, folder.source)
        check_same_data(folder, dataset)
        test = look_at_test(experiment.data, data_dir, folder.source)
    except ImagetteError as error:
        return Brought({}, _facts_of_card(card, str(error)) if card else None)
    splits = {**dataset.splits, **({"test": test} if len(test) else {})}
    return Brought(splits, _facts(dataset, splits, card))


def _facts(dataset: Dataset, splits: dict[str, Split], card: ModelCard | None) -> DataFacts:
    counts = {
        name: class_counts(split.labels, len(dataset.class_names)) for name, split in splits.items()
    }
    images = dataset.train.images
    known = None if isinstance(images, StreamedImages) else channel_statistics(images)
    statistics = (known.mean, known.deviation) if known else None
    shape = dataset.input_shape
    return DataFacts(dataset.class_names, shape, statistics, _applied(card), counts)


def _facts_of_card(card: ModelCard, why: str) -> DataFacts:
    return DataFacts(card.class_names, card.input_shape, None, _applied(card), {}, missing=why)


def _applied(card: ModelCard | None) -> Statistics | None:
    if card is None:
        return None
    applied = Preprocess.from_json(card.preprocess)
    return applied.channels_mean, applied.deviation


def _card(folder: RunFolder) -> ModelCard | None:
    """What the last checkpoint says of itself; None before there is one."""
    try:
        return folder.load("last").card
    except ImagetteError:
        return None
