"""Which parameters training would move: one step's gradients, on a copy of the module."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from imagette.errors import UsageError
from imagette.pointers import told_in_one_line

NUM_TRIES = 16
"""Training passes before a parameter counts as unreached: blocks may be dropped at random."""


def copy_of(module: nn.Module) -> nn.Module:
    """A copy on the processor that can be run without a trace on the module itself."""
    results = {  # of earlier calls, kept by the module: deepcopy refuses to copy those
        id(leaf): leaf.detach().clone()
        for inner in module.modules()
        for leaf in tree_leaves(vars(inner))
        if isinstance(leaf, Tensor) and not leaf.is_leaf
    }
    with told_in_one_line(f"copying {type(module).__name__} raised"):
        return deepcopy(module, results).cpu()


def tensor_returned(module: nn.Module, returned: object) -> Tensor:
    """What forward returned. Raises UsageError unless it is one tensor."""
    if not isinstance(returned, Tensor):
        raise UsageError(
            f"{type(module).__name__} must return a tensor [B,classes], in training too. "
            f"Got a {type(returned).__name__}."
        )
    return returned


def check_gradients(module: nn.Module, images: Tensor) -> None:
    """Raises UsageError for trainable parameters that no gradient reaches in training.

    Trains nothing, but moves the module's statistics and torch's generator.
    """
    missing = {name: value for name, value in module.named_parameters() if value.requires_grad}
    name = type(module).__name__
    module.train()
    torch.manual_seed(0)
    for _ in range(NUM_TRIES):
        with torch.enable_grad(), told_in_one_line(f"a training step of {name} raised"):
            output = tensor_returned(module, module(images))
            if missing and output.requires_grad:
                found = torch.autograd.grad(output.sum(), [*missing.values()], allow_unused=True)
                reached = dict(zip(missing, found, strict=True))
                missing = {key: missing[key] for key in missing if reached[key] is None}
        if not missing:
            return
    them = "it" if len(missing) == 1 else "them"
    raise UsageError(
        f"In training no gradient reaches {', '.join(missing)} of {name}: "
        f"use {them} in forward, freeze {them}, or remove {them}."
    )
