"""Keras 3's own `fit` on arrays in memory; `KERAS_BACKEND` says what it runs on."""

from time import perf_counter
from typing import Any

import keras

from imagette import Dataset

from .case import EPOCHS, MOMENTUM, RATE, Case, Measured, Setting, arrays
from .networks_keras import make, num_parameters


class Ends(keras.callbacks.Callback):
    """Keeps the moment and the mean loss of each epoch's end."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        # JAX computes behind Python's back: the number is there once all steps are done.
        self.losses.append(float(logs["loss"]))
        self.moments.append(perf_counter())


def measure(_: str, case: Case, setting: Setting, dataset: Dataset) -> Measured:
    images, labels = arrays(dataset, setting.layout)
    began = perf_counter()
    low = setting.precision == "bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if low else "float32")
    model, ends = make(case.network, setting.layout), Ends()
    model.compile(
        optimizer=keras.optimizers.SGD(RATE, momentum=MOMENTUM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile="auto",
    )
    model.fit(images, labels, batch_size=case.batch, epochs=EPOCHS, verbose=0, callbacks=[ends])
    moments = [began, *ends.moments]
    return Measured.of(moments, len(labels), ends.losses, num_parameters(model))
