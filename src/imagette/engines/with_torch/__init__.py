"""The torch engine: the only part of imagette that trains with PyTorch."""

from imagette.engines.with_torch.model import TorchModel
from imagette.engines.with_torch.own import own_of

__all__ = ["TorchModel", "build", "own_of"]

build = TorchModel
