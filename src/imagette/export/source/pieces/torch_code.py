"""What exported files of PyTorch hold beside their own network and recipe."""

import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from imagette.export.source.pieces.numpy_code import Images, group_of

MEAN, DEVIATION = [0.5], [0.5]


def preprocess(images: Images) -> Tensor:
    """Images uint8 [N,H,W,C] as the network reads them, float32 [N,C,H,W]."""
    pixels = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2) / 255
    mean, deviation = torch.tensor(MEAN), torch.tensor(DEVIATION)
    return (pixels - mean[:, None, None]) / deviation[:, None, None]


def predict(network: nn.Module, images: Images) -> NDArray[np.float32]:
    """Outputs float32 [N,K] for images uint8 [N,H,W,C], some at a time."""
    network.eval()
    with torch.inference_mode():
        starts = range(0, len(images), 256)
        parts = [network(preprocess(images[i : i + 256])) for i in starts]
    return torch.cat(parts).numpy()


def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers one after the other, by their names."""
    return nn.Sequential(OrderedDict(layers))


class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels of each pixel of [N,C,H,W]."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """Each channel (or feature) times a weight of its own."""

    def __init__(self, channels: int, initial: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full([channels], initial))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.view(-1, *[1] * (x.dim() - 2))


class Attention(nn.Module):
    """Multi-head self-attention over the pixels of [N,C,H,W]."""

    def __init__(self, channels: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        bound = 1 / math.sqrt(channels)

        def weight(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.qkv_weight = weight(3 * channels, channels)
        self.qkv_bias = weight(3 * channels) if bias else None
        self.out_weight = weight(channels, channels)
        self.out_bias = weight(channels) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        pixels = x.flatten(2).transpose(1, 2)  # [N, H*W, C]
        qkv = F.linear(pixels, self.qkv_weight, self.qkv_bias)
        parts = qkv.view(batch, -1, 3, self.heads, channels // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each [N, heads, H*W, C / heads]
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        made = F.linear(seen, self.out_weight, self.out_bias)
        return made.transpose(1, 2).reshape(batch, channels, height, width)


def grouped(
    named: Iterable[tuple[str, nn.Parameter]], rate: float, decay: float
) -> list[dict[str, Any]]:
    """Parameters that share a rate and a decay, as optimisers take them."""
    members: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in named:
        members.setdefault(group_of(name, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate * factor, "weight_decay": own}
        for (factor, own), parameters in members.items()
    ]


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made nearly orthogonal.

    With `normalise` each weight is kept at the Frobenius norm sqrt(rows). Source:
    Keller Jordan, 2024, https://kellerjordan.github.io/posts/muon
    """

    def __init__(
        self,
        parameters: Any,
        lr: float,
        momentum: float = 0.95,
        nesterov: bool = True,
        newton_schulz: int = 5,
        normalise: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "nesterov": nesterov}
        super().__init__(parameters, {**settings, "weight_decay": weight_decay})
        self.newton_schulz = newton_schulz
        self.normalise = normalise

    @torch.no_grad()
    def step(self, _closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:  # it stays as it is
                    continue
                moving = self.state[weight].setdefault(
                    "moving", torch.zeros_like(weight)
                )
                moving.mul_(group["momentum"]).add_(weight.grad)
                update = moving
                if group["nesterov"]:
                    update = weight.grad + group["momentum"] * moving
                matrix = orthogonal(update.flatten(1), self.newton_schulz)
                factor = math.sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(group["lr"] * factor * matrix.view(weight.shape))
                if self.normalise:
                    norm = weight.norm().clamp_min(1e-7)  # 0, not 0 / 0
                    weight.mul_(math.sqrt(len(weight)) / norm)


def orthogonal(matrix: Tensor, num_steps: int) -> Tensor:
    """The matrix with its singular values near 1, by Newton-Schulz steps."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    for _ in range(num_steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.T
