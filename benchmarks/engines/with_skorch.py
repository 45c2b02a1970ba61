"""skorch's classifier without callbacks and without a validation split."""

from time import perf_counter
from typing import Any

import torch
from skorch import NeuralNetClassifier
from torch import nn

from imagette import Dataset

from .case import EPOCHS, MOMENTUM, RATE, Case, Measured, Setting
from .networks_torch import make, num_parameters
from .with_loop import tensors


class Timed(NeuralNetClassifier):
    """Keeps the moment of each epoch's end; `low` computes in bfloat16, by torch's autocast."""

    low = False

    def on_train_begin(self, net: Any, **arguments: Any) -> None:
        super().on_train_begin(net, **arguments)
        self.moments: list[float] = []

    def infer(self, x: Any, **arguments: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16, self.low):
            return super().infer(x, **arguments)

    def on_epoch_end(self, net: Any, **arguments: Any) -> None:
        super().on_epoch_end(net, **arguments)
        self.moments.append(perf_counter())


def measure(_: str, case: Case, setting: Setting, dataset: Dataset) -> Measured:
    torch.set_flush_denormal(setting.tuned)
    images, labels = tensors(dataset, setting)
    began = perf_counter()
    classifier = Timed(
        make(case.network, setting.layout),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=MOMENTUM,
        optimizer__fused=setting.tuned,
        lr=RATE,
        batch_size=case.batch,
        max_epochs=EPOCHS,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks="disable",
        verbose=0,
    )
    classifier.low = setting.precision == "bfloat16"
    classifier.fit(images, labels)
    parameters = num_parameters(classifier.module_)
    return Measured.of([began, *classifier.moments], len(labels), _losses(classifier), parameters)


def _losses(classifier: Timed) -> list[float]:
    """The mean of each epoch; without callbacks skorch keeps only the batches'."""
    keys = ("train_loss", "train_batch_size")
    epochs = (classifier.history[epoch, "batches", :, keys] for epoch in range(EPOCHS))
    return [
        sum(loss * size for loss, size in rows) / sum(size for _, size in rows) for rows in epochs
    ]
