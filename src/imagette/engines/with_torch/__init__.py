"""The torch engine: the only part of imagette that trains with PyTorch."""

from imagette.engines.with_torch.memory import keep_memory
from imagette.engines.with_torch.model import TorchModel
from imagette.engines.with_torch.own import own_of

__all__ = ["TorchModel", "begin", "build", "own_of"]

build = TorchModel


def begin(_threads: int | None) -> None:
    """Memory is spoken for before the first tensor; threads are taken whenever torch works."""
    keep_memory()
