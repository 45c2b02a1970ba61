"""Lightning in its barebones mode: no logger, checkpoint, progress bar or summary."""

import logging
import warnings
from time import perf_counter

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from imagette import Dataset

from .case import EPOCHS, MOMENTUM, RATE, Case, Measured, Setting
from .networks_torch import make, num_parameters
from .with_loop import tensors


class Classifier(lightning.LightningModule):
    """Keeps the moment and the mean loss of each epoch's end."""

    def __init__(self, network: nn.Module, fused: bool) -> None:
        super().__init__()
        self.network = network
        self.fused = fused
        self.moments: list[float] = []
        self.losses: list[float] = []
        self.running_loss, self.seen = 0.0, 0

    def training_step(self, batch: list[Tensor], _: int) -> Tensor:
        images, labels = batch
        loss = nn.functional.cross_entropy(self.network(images), labels)
        self.running_loss += loss.item() * len(labels)
        self.seen += len(labels)
        return loss

    def on_train_epoch_end(self) -> None:
        self.moments.append(perf_counter())
        self.losses.append(self.running_loss / self.seen)
        self.running_loss, self.seen = 0.0, 0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        parameters = self.network.parameters()
        return torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, fused=self.fused)


def measure(_: str, case: Case, setting: Setting, dataset: Dataset) -> Measured:
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_flush_denormal(setting.tuned)
    loader = DataLoader(
        TensorDataset(*tensors(dataset, setting)), batch_size=case.batch, shuffle=True
    )
    began = perf_counter()
    classifier = Classifier(make(case.network, setting.layout), setting.tuned)
    trainer = lightning.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=EPOCHS,
        barebones=True,
        precision="bf16-mixed" if setting.precision == "bfloat16" else "32-true",
    )
    trainer.fit(classifier, loader)
    moments = [began, *classifier.moments]
    parameters = num_parameters(classifier)
    return Measured.of(moments, len(dataset.train), classifier.losses, parameters)
