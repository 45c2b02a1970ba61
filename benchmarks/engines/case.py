"""What is measured: a network at a batch size on so many images, a setting, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagette import Dataset, open_data
from imagette.data.live import dataset_of
from imagette.data.preprocess import preprocess_of
from imagette.data.sources import NAMED
from imagette.data.spec import DataSpec, Normalise
from imagette.data.whereabouts import whereabouts

Layout = Literal["NHWC", "NCHW"]
Precision = Literal["float32", "bfloat16"]

RATE, MOMENTUM, EPOCHS = 0.001, 0.9, 2
HALVES = Normalise(mean=(0.5,) * 3, deviation=(0.5,) * 3)


@dataclass(frozen=True)
class Case:
    """`images` are those of one epoch: a few seconds' work, and whole batches."""

    network: str
    batch: int
    images: int


CASES = (
    Case("lenet_cifar", 1, 2_000),
    Case("convnet_cifar", 1, 2_000),  # image by image, as source 003 trains
    Case("lenet_cifar", 4, 4_000),
    Case("lenet_cifar", 20, 10_000),
    Case("lenet_cifar", 128, 12_800),
    Case("vgg8", 128, 1_280),
    Case("resnet20", 128, 1_280),
)

# vgg8 as imagette's experiment of that name has it: dropout would time random numbers.
ARGUMENTS: dict[str, dict[str, Any]] = {"vgg8": {"dropout": False}}


@dataclass(frozen=True)
class Setting:
    """How one contender is run. `tuned`, in PyTorch: fused optimiser, denormal numbers are 0."""

    layout: Layout = "NHWC"
    threads: int | None = None  # None: what the contender chooses by itself
    tuned: bool = False
    precision: Precision = "float32"  # bfloat16: each library's own mixed precision

    def __str__(self) -> str:
        number = "own" if self.threads is None else self.threads
        plural = "" if self.threads == 1 else "s"
        more = [text for text in ("tuned" if self.tuned else "", self._low) if text]
        return ", ".join([self.layout, f"{number} thread{plural}", *more])

    @property
    def _low(self) -> str:
        return "" if self.precision == "float32" else self.precision


SAME = Setting()
"""The setting of the first comparison: float32, NHWC, all else as each chooses by itself."""


@dataclass(frozen=True)
class Measured:
    """What one training of two epochs gave."""

    images_per_second: float  # of the second epoch
    first_seconds: float  # the network's making, compilation and warm-up, and the first epoch
    loss: float  # running mean of the second epoch: shows that it trains
    parameters: int

    @classmethod
    def of(
        cls, moments: Sequence[float], images: int, losses: Sequence[float], parameters: int
    ) -> "Measured":
        """From the moments of the start, the end of the first and the end of the second epoch."""
        began, first, second = moments
        return cls(images / (second - first), first - began, losses[-1], parameters)


def open_images(images: int) -> Dataset:
    """CIFAR-10's training images where they are on this machine, else random pixels ("live")."""
    if whereabouts(NAMED["cifar10"]):
        return open_data(data_spec("cifar10", images))
    pixels = np.random.default_rng(0).integers(0, 256, (images, 32, 32, 3)).astype(np.uint8)
    return dataset_of((pixels, np.arange(images) % 10), validation=0)


def data_spec(name: str, images: int) -> DataSpec:
    return DataSpec(name=name, validation=0, limit=images, normalise=HALVES)


def arrays(dataset: Dataset, layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Normalised images in that layout, and labels: what a user of another library holds."""
    preprocess = preprocess_of(data_spec(dataset.name, len(dataset.train)), dataset.train)
    images = preprocess.apply(dataset.train.images)
    if layout == "NHWC":
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return images, np.array(dataset.train.labels, np.int64)
