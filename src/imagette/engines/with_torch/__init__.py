"""The torch engine: the only part of imagette that trains with PyTorch."""

from imagette.engines.with_torch.closed import closed
from imagette.engines.with_torch.memory import keep_memory
from imagette.engines.with_torch.model import TorchModel
from imagette.engines.with_torch.own import own_of
from imagette.engines.with_torch.profile import convolution_rate

__all__ = ["TorchModel", "begin", "build", "closed", "convolution_rate", "own_of"]

build = TorchModel


def begin(_threads: int | None) -> None:
    """Memory is spoken for before the first tensor; threads are taken whenever torch works."""
    keep_memory()
