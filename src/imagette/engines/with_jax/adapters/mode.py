"""How networks are told whether they train: by one argument, whose name says which way round."""

import inspect
from collections.abc import Callable
from typing import Any

_WHEN_TRAINING = {
    "is_training": True,
    "training": True,
    "train": True,
    "deterministic": False,
    "inference": False,
}


def mode_of(function: Callable[..., Any]) -> Callable[[bool], dict[str, bool]]:
    """From whether it trains to the argument that tells `function` so; {} if it takes none.

    >>> mode_of(lambda images, is_training: images)(True)
    {'is_training': True}
    """
    named = [name for name in parameters_of(function) if name in _WHEN_TRAINING]
    return lambda training: {name: _WHEN_TRAINING[name] == training for name in named[:1]}


def parameters_of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Empty where Python cannot tell."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}
