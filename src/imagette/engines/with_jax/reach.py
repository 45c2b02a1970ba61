"""What training asks of a foreign network: that its calls fit, and that gradients reach all of it.

Everything here is read from shapes and programs; nothing is computed on images.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from imagette.engines.with_jax.naming import leaves_of
from imagette.engines.with_jax.program import Known, Program, Value, program_of
from imagette.engines.with_jax.pure import PureNetwork, Tree, first_key
from imagette.errors import UsageError
from imagette.network.graph import Shape
from imagette.pointers import told_in_one_line

Like = Array | jax.ShapeDtypeStruct
"""An array, or what is known of one."""

_BATCHES = (11, 6)


def pictures(network: PureNetwork, input_shape: Shape, num_images: int) -> jax.ShapeDtypeStruct:
    """So many images of `input_shape` [C,H,W], with their axes as the network takes them."""
    channels, *sides = input_shape
    shape = (*sides, channels) if network.axes == "NHWC" else input_shape
    return jax.ShapeDtypeStruct((num_images, *shape), jnp.float32)


def checked_call(
    network: PureNetwork, params: Tree, state: Tree, images: Array, *, training: bool
) -> tuple[Array, Tree]:
    """One call while JAX traces it. Raises UsageError unless it runs and returns one array."""
    doing = "training" if training else "evaluating"
    with told_in_one_line(f"{network.name}, {doing} on images {list(images.shape)}, raised"):
        output, after = network.apply(params, state, images, first_key(0), training)
    if not isinstance(output, Array):
        raise UsageError(
            f"{network.name} must return an array [B,classes]. Got a {type(output).__name__}."
        )
    return output, after


def check_calls(network: PureNetwork, input_shape: Shape, classes: int) -> None:
    """Raises UsageError unless it returns [B,classes], and its state as it was, at every call."""
    for training in (False, True):
        for num_images in _BATCHES:
            images = pictures(network, input_shape, num_images)
            output, after = jax.eval_shape(
                lambda *given, now=training: checked_call(network, *given, training=now),
                *(network.params, network.state, images),
            )
            _check_output(network, output, images, classes)
            _check_state(network, after)


def _check_output(network: PureNetwork, output: Like, images: Like, classes: int) -> None:
    if output.shape != (len(images.shape) and images.shape[0], classes):
        raise UsageError(
            f"{network.name} must end in one number for each of {classes} classes, [B,{classes}]. "
            f"Got {list(output.shape)} for images {list(images.shape)}: change its last layer."
        )
    if output.dtype != jnp.float32:
        raise UsageError(f"{network.name} must return float32. Got {output.dtype}.")


def _check_state(network: PureNetwork, after: Tree) -> None:
    """The state after a call has the names, shapes and dtypes that it had before."""
    before, now = _forms(network.state), _forms(after)
    if changed := [name for name in before | now if before.get(name) != now.get(name)]:
        name = changed[0]
        raise UsageError(
            f"{network.name} changes the form of its state at a call: '{name}' is "
            f"{before.get(name, 'absent')} before and {now.get(name, 'absent')} after. Keep its "
            "names, shapes and dtypes."
        )
    containers, others = (str(jax.tree.structure(tree)) for tree in (network.state, after))
    if containers != others:
        raise UsageError(
            f"{network.name} returns its state in other containers than it was given: "
            f"{containers} before, {others} after."
        )


def _forms(tree: Tree) -> dict[str, str]:
    return {
        name: f"{jnp.result_type(leaf)} {list(jnp.shape(leaf))}" for name, leaf in leaves_of(tree)
    }


def check_gradients(network: PureNetwork, input_shape: Shape) -> None:
    """Raises UsageError for parameters that no gradient reaches in training.

    A gradient that the program makes of no argument at all, and that is zero, reaches nothing; one
    that happens to be zero for some values does.
    """
    names = [name for name, _ in leaves_of(network.params)]
    if not names:
        raise UsageError(f"{network.name} has no parameters: there is nothing to train.")

    def total(params: Tree, state: Tree, images: Array) -> Array:
        return checked_call(network, params, state, images, training=True)[0].sum()

    images = pictures(network, input_shape, _BATCHES[0])
    with told_in_one_line(f"the gradient of {network.name} raised"):
        program = program_of(jax.grad(total), network.params, network.state, images)
    made = zip(names, program.outputs, strict=True)
    missing = [name for name, value in made if _is_zero(program, value)]
    if missing:
        them = "it" if len(missing) == 1 else "them"
        raise UsageError(
            f"In training no gradient reaches {', '.join(missing)} of {network.name}: "
            f"use {them} in the network, keep {them} in its state, or remove {them}."
        )


def _is_zero(program: Program, value: Value) -> bool:
    """Whether it is 0 by the program alone, whatever the arguments."""
    if isinstance(value, Known):
        return not np.any(value.value)
    if value in program.depends_on(set(range(program.num_inputs))):
        return False
    return not np.any(program.settled({value})[value])
