"""The plain form of a network, for JSON and TOML: a list of dictionaries, one a layer.

`layer` is the layer's word; the other keys are the words of the text form. Values equal to their
default are left out; equal sides are one number. Blocks are lists: `body` and `shortcut` of
residual, `body` of gate, `branches` of branches.

>>> from imagette.network.layers import Conv, Flatten, Linear, Sequential
>>> network = Sequential(Conv(6, 5, padding="same"), Flatten(), Linear("classes"))
>>> to_dicts(network)[0]
{'layer': 'conv', 'channels': 6, 'kernel': 5, 'pad': 'same'}
>>> from_dicts(to_dicts(network)) == network
True
"""

from typing import Any

from imagette.errors import nearest
from imagette.network.containers import check_depth
from imagette.network.errors import NetworkError
from imagette.network.forms import Slot, slots
from imagette.network.layers import (
    WORDS,
    Block,
    Branches,
    Container,
    Gate,
    Layer,
    Network,
    Residual,
)
from imagette.network.text import spoken


def to_dicts(network: Network) -> list[dict[str, Any]]:
    """Write a network as plain dictionaries, so that `from_dicts` gives it back."""
    return _block_to_dicts(network.layers)


def from_dicts(layers: object) -> Network:
    """Read a network from plain dictionaries; raises NetworkError saying where and what."""
    return Network(_block(layers, "layers", 0))


def _block_to_dicts(block: Block) -> list[dict[str, Any]]:
    return [_to_dict(layer) for layer in block]


def _to_dict(layer: Layer) -> dict[str, Any]:
    layer.check_values()
    plain = {"layer": layer.word}
    plain |= {slot.word: _shortened(getattr(layer, slot.field)) for slot in spoken(layer)}
    if isinstance(layer, Residual):
        blocks = {"body": layer.body} | ({"shortcut": layer.shortcut} if layer.shortcut else {})
        return plain | {key: _block_to_dicts(block) for key, block in blocks.items()}
    if isinstance(layer, Gate):
        return plain | {"body": _block_to_dicts(layer.body)}
    if isinstance(layer, Branches):
        return plain | {"branches": [_block_to_dicts(block) for block in layer.branches]}
    return plain


def _shortened(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    return value[0] if len(set(value)) == 1 else list(value)


def _block(layers: object, where: str, depth: int) -> Block:
    if not isinstance(layers, list | tuple):
        raise NetworkError(f"{where} must be a list of layers. Got {layers!r:.60}")
    return tuple(_layer(plain, f"{where}[{i}]", depth) for i, plain in enumerate(layers))


def _layer(plain: object, where: str, depth: int) -> Layer:
    if not isinstance(plain, dict) or not isinstance(plain.get("layer"), str):
        example = '{"layer": "conv", "channels": 6, "kernel": 5}'
        raise NetworkError(f"{where} must be a dictionary such as {example}. Got {plain!r:.60}")
    word = plain["layer"]
    if word not in WORDS:
        hint = nearest(word[:40].lower(), WORDS)
        raise NetworkError(f"{where}: no layer is called {word!r:.60}. {hint}")
    kind = WORDS[word]
    blocks = _blocks(kind, plain, where, depth)
    values = _values(kind, {k: v for k, v in plain.items() if k not in {"layer", *blocks}}, where)
    try:
        return kind(**values, **blocks)
    except NetworkError as error:
        raise NetworkError(f"{where}, {word}: {error}") from None


def _blocks(kind: type[Layer], plain: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
    if not issubclass(kind, Container):
        return {}
    try:
        check_depth(depth + 1)
    except NetworkError as error:
        raise NetworkError(f"{where}, {kind.word}: {error}") from None
    if kind in (Residual, Gate):
        keys = ("body", "shortcut") if kind is Residual else ("body",)
        return {key: _block(plain.get(key, []), f"{where}.{key}", depth + 1) for key in keys}
    branches = plain.get("branches")
    if not isinstance(branches, list | tuple):
        raise NetworkError(f"{where}.branches must be a list of lists. Got {branches!r:.60}")
    within = [f"{where}.branches[{i}]" for i in range(len(branches))]
    blocks = zip(branches, within, strict=True)
    return {"branches": tuple(_block(block, name, depth + 1) for block, name in blocks)}


def _values(kind: type[Layer], plain: dict[str, Any], where: str) -> dict[str, Any]:
    known = {slot.word: slot for slot in slots(kind)}
    for key in plain:
        if key not in known:
            hint = nearest(str(key)[:40].lower(), known)
            raise NetworkError(f"{where}: {kind.word} has no key {key!r:.60}. {hint}")
    for word, slot in known.items():
        if slot.required and word not in plain:
            raise NetworkError(f"{where}: {kind.word} needs {word}, {slot.form.rule}")
    return {known[key].field: _read(known[key], value, where) for key, value in plain.items()}


def _read(slot: Slot, value: Any, where: str) -> Any:
    """A text as in the text form ("3x3", "same", "classes"); lists as tuples; walk judges them."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, str):
        return value
    try:
        return slot.form.read(value)
    except ValueError:
        got = f"Got {value!r:.60}"
        raise NetworkError(f"{where}: {slot.word} must be {slot.form.rule}. {got}") from None
