"""Parts of a recipe that are code of one's own, named "module:name" or "file.py:name".

A table with the key `python` needs no name: `loss = { python = "mine.py:focal", args = {...} }`.
"""

from typing import Any, Literal

from pydantic import Field

from imagette.spec import Spec


class OwnLoss(Spec):
    """A function (outputs [B,K], labels [B], **args) of engine arrays to a scalar, or to [B].

    Several numbers are averaged: what is differentiated is the mean over the images.
    """

    name: Literal["python"] = "python"
    python: str
    args: dict[str, Any] = Field(default_factory=dict)
    reduction: Literal["mean"] = "mean"


class OwnOptimiser(Spec):
    """A function or class (parameters, **args) to one optimiser of the engine, or a list of them.

    `parameters` are (name, parameter) pairs, which torch.optim takes as they are. `rate`
    multiplies, step by step with the schedule, the rate that each parameter group came with.
    """

    name: Literal["python"] = "python"
    python: str
    args: dict[str, Any] = Field(default_factory=dict)
    rate: float = Field(1.0, ge=0)


class OwnUpdate(Spec):
    """A function that takes the whole training step in place of the loop's own.

    (network, optimisers, inputs, labels, loss, **args) to (outputs, loss): it must call
    `network(inputs)`, differentiate the loss and step the optimisers.
    """

    python: str
    args: dict[str, Any] = Field(default_factory=dict)
