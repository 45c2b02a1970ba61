"""Parts of a recipe that are code of one's own, named "module:name" or "file.py:name".

A table with the key `python` needs no name: `loss = { python = "mine.py:focal", args = {...} }`.
"""

from typing import Any, Literal

from pydantic import Field

from imagette.spec import Spec


class OwnLoss(Spec):
    """A function (outputs [B,K], labels [B], **args) to a scalar, or to [B].

    Several numbers are averaged: what is differentiated is the mean over the images. On torch both
    are tensors, labels int64:

    >>> import torch
    >>> def margin(outputs, labels, power=1):
    ...     return torch.nn.functional.multi_margin_loss(outputs, labels, p=power)
    >>> margin(torch.tensor([[2.0, 0.0], [0.5, 0.0]]), torch.tensor([0, 0])).item()
    0.125

    On JAX they are arrays of JAX, labels int32, and the function is pure:

    >>> import jax
    >>> def focal(outputs, labels, power=2.0):
    ...     likely = jax.vmap(lambda row, label: jax.nn.log_softmax(row)[label])(outputs, labels)
    ...     return -((1 - jax.numpy.exp(likely)) ** power) * likely
    >>> given = jax.ShapeDtypeStruct((8, 10), "float32"), jax.ShapeDtypeStruct((8,), "int32")
    >>> jax.eval_shape(focal, *given).shape
    (8,)
    """

    name: Literal["python"] = "python"
    python: str
    args: dict[str, Any] = Field(default_factory=dict)
    reduction: Literal["mean"] = "mean"


class OwnOptimiser(Spec):
    """A function or class that makes what moves the weights, in the engine's own words.

    On torch: (parameters, **args) to an optimiser, or a list of them. `parameters` are (name,
    parameter) pairs, which torch.optim takes as they are; `rate` multiplies, step by step with the
    schedule, the rate that each parameter group came with.

    >>> import torch
    >>> def apart(parameters, rate):
    ...     parts = {"weight": [], "bias": []}
    ...     for name, parameter in parameters:
    ...         parts[name.rpartition(".")[2]].append(parameter)
    ...     groups = [{"params": parts["weight"]}, {"params": parts["bias"], "lr": 2 * rate}]
    ...     return torch.optim.SGD(groups, lr=rate)
    >>> made = apart(torch.nn.Linear(4, 2).named_parameters(), rate=0.1)
    >>> [group["lr"] for group in made.param_groups]
    [0.1, 0.2]

    On JAX: (**args) to an `optax.GradientTransformation`; `rate` and the schedule multiply its
    updates, which are added to the weights. It may keep counts and random keys of its own.

    >>> import optax
    >>> def clipped(rate):
    ...     return optax.chain(optax.clip(1.0), optax.adam(rate))
    >>> isinstance(clipped(0.001), optax.GradientTransformation)
    True
    """

    name: Literal["python"] = "python"
    python: str
    args: dict[str, Any] = Field(default_factory=dict)
    rate: float = Field(1.0, ge=0)


class OwnUpdate(Spec):
    """A function that takes the whole training step in place of the loop's own.

    On torch: (network, optimisers, inputs, labels, loss, **args) to (outputs, loss). It must call
    `network(inputs)`, differentiate the loss and step the optimisers:

    >>> import torch
    >>> def plain(network, optimisers, inputs, labels, loss):
    ...     outputs = network(inputs)
    ...     value = loss(outputs, labels)
    ...     for optimiser in optimisers:
    ...         optimiser.zero_grad()
    ...     value.backward()
    ...     for optimiser in optimisers:
    ...         optimiser.step()
    ...     return outputs, value
    >>> network = torch.nn.Linear(4, 2)
    >>> optimisers = [torch.optim.SGD(network.parameters(), lr=0.1)]
    >>> inputs, labels = torch.ones(3, 4), torch.tensor([0, 1, 1])
    >>> plain(network, optimisers, inputs, labels, torch.nn.functional.cross_entropy)[0].shape
    torch.Size([3, 2])

    On JAX: (loss_of, step, params, slots, **args) to (params, slots, loss, aux), a pure function.
    `loss_of(params)` gives (loss, aux), and aux goes back as it came; `step(gradients, slots,
    params)` gives (params, slots) after a step of the optimiser at the present rate:

    >>> import jax
    >>> def signs(loss_of, step, params, slots):
    ...     (loss, aux), gradients = jax.value_and_grad(loss_of, has_aux=True)(params)
    ...     params, slots = step(jax.tree.map(jax.numpy.sign, gradients), slots, params)
    ...     return params, slots, loss, aux
    >>> squares = lambda params: ((params["w"] ** 2).sum(), None)
    >>> step = lambda gradients, slots, params: (gradients, slots)
    >>> given = {"w": jax.ShapeDtypeStruct((3,), "float32")}
    >>> jax.eval_shape(lambda params: signs(squares, step, params, None), given)[0]["w"].shape
    (3,)
    """

    python: str
    args: dict[str, Any] = Field(default_factory=dict)
