"""The torch engine: the only part of imagette that trains with PyTorch."""

from imagette.engines.with_torch.model import TorchModel

__all__ = ["TorchModel"]
