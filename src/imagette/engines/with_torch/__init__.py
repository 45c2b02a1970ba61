"""The torch engine: the only part of imagette that trains with PyTorch."""

from imagette.engines.with_torch.model import TorchModel
from imagette.engines.with_torch.own import own_of

__all__ = ["TorchModel", "begin", "build", "own_of"]

build = TorchModel


def begin(_threads: int | None) -> None:
    """Torch takes its threads whenever it works: nothing to say beforehand."""
