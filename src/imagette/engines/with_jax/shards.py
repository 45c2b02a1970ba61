"""Steps whose batch is cut into shards, each for a processor thread of its own: data parallelism.

XLA shares out only the largest operations of a small network among its threads. Here every thread
is a device of JAX that does all of the work for its own images, and what is a sum over the batch,
such as the gradient, is added up between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.errors import JaxRuntimeError
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from numpy.typing import NDArray

from imagette.arrays import Size
from imagette.engines.with_jax.pure import Tree
from imagette.recipe.recipe import Recipe

# Smaller shards spend more on adding up than a second thread gains (docs/log.md).
SMALLEST_SHARD = 4

# Only two have been measured.
MOST_SHARDS = 16

AXIS = "shard"

_CUT, _SAME = PartitionSpec(None, AXIS), PartitionSpec()  # the second axis of [k,B,...]; all of it
_BY_IMAGE = ("indices", "draws")

# One thread for a shard; and where one waits for another, as in a process that sleeps, XLA would
# complain after 20 s and end the process after 40.
_OPTIONS = {
    "xla_cpu_multi_thread_eigen": False,
    "xla_cpu_collective_call_warn_stuck_seconds": 600,
    "xla_cpu_collective_call_terminate_timeout_seconds": 1_000_000,
}
_ALIGNMENT = 64  # in bytes: of arrays of NumPy's that JAX reads where they are

Steps = Callable[..., tuple[Any, Array, Array]]
"""(state, source, labels, plan, steps, size, shards) to (state, losses, numbers of correct)."""


@dataclass(frozen=True)
class Shards:
    """Into how many equal shards each batch is cut. Of one, nothing is different from no shards."""

    count: int = 1

    def __bool__(self) -> bool:
        return self.count > 1

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(jax.local_devices(backend="cpu")[: self.count]), (AXIS,))

    def number_of_first(self, num: int) -> Array | int:
        """In a step: the number that the first of a shard's `num` images has in the batch."""
        return lax.axis_index(AXIS) * num if self else 0

    def total(self, tree: Tree) -> Tree:
        """In a step: the sums over all shards, added up as one vector."""
        if not self:
            return tree
        flat, restored = ravel_pytree(tree)
        return restored(lax.psum(flat, AXIS))

    def spread(self, tree: Tree) -> Tree:
        """The same on every shard's device."""
        return jax.device_put(tree, NamedSharding(self._mesh, _SAME)) if self else tree

    def shared(self, values: NDArray[Any]) -> Array:
        """The same, of one copy in memory that every shard's device reads, and nobody changes."""
        if not self:
            return jnp.array(values)
        return self.spread(_aligned(values))

    def compiled(self, steps: Steps) -> Steps:
        """`steps` as a function of all but `shards`, its last argument, compiled.

        The others are (state, source, labels, plan, number of steps, input size). A last batch of
        an epoch that cannot be cut into as many is computed whole, on each of the devices.
        """
        if not self:
            return jax.jit(partial(steps, shards=WHOLE), donate_argnums=0, static_argnums=5)

        def sharded(
            state: Tree,
            source: Array,
            labels: Array,
            plan: Mapping[str, Any],
            num_steps: Array,
            size: Size | None,
        ) -> tuple[Any, Array, Array]:
            even = plan["indices"].shape[1] % self.count == 0
            cut = _CUT if even else _SAME
            of_plan = {name: cut if name in _BY_IMAGE else _SAME for name in plan}
            of_source = cut if source.ndim == 5 else _SAME  # what is streamed comes by the step
            run = jax.shard_map(
                partial(steps, size=size, shards=self if even else WHOLE),
                mesh=self._mesh,
                in_specs=(_SAME, of_source, _SAME, of_plan, _SAME),
                out_specs=_SAME,
                check_vma=False,  # which does not see that sums over all shards are the same
            )
            return run(state, source, labels, plan, num_steps)

        return jax.jit(sharded, donate_argnums=0, static_argnums=5, compiler_options=_options())


WHOLE = Shards()


def shards_of(recipe: Recipe, threads: int) -> tuple[Shards, tuple[str, ...]]:
    """The shards of a recipe's batches on the processor, and what to say of them."""
    if recipe.mixing or recipe.accumulate > 1:  # what of a batch is together must stay so
        return WHOLE, ()
    shards, has = shards_for(recipe.batch, threads), len(jax.local_devices(backend="cpu"))
    if shards.count <= has:
        return shards, ()
    return WHOLE, (
        f"JAX has started with {has} of the {shards.count} devices for shards of a batch of "
        f"{recipe.batch}, which stays whole: set JAX_NUM_CPU_DEVICES={shards.count} before it does",
    )


def shards_for(batch: int | Literal["all"], threads: int) -> Shards:
    """The fixed rule: as many equal ones as threads, or half as many at least; else none.

    >>> [shards_for(batch, 2).count for batch in (4, 8, 9, 20)]
    [1, 2, 1, 2]
    >>> [shards_for(20, threads).count for threads in (8, 16)]
    [5, 1]
    """
    if batch == "all":
        return WHOLE
    most = min(threads, MOST_SHARDS, batch // SMALLEST_SHARD)
    count = next((n for n in range(most, 0, -1) if batch % n == 0), 1)
    return Shards(count) if 2 * count >= threads else WHOLE


def _aligned(values: NDArray[Any]) -> NDArray[Any]:
    """A copy that begins where JAX need not copy it again."""
    memory = np.empty(values.nbytes + _ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % _ALIGNMENT
    copy = memory[begin : begin + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


@cache
def _options() -> dict[str, bool | int]:
    """Those of the options that this version of XLA knows: another ends the compilation."""
    if _are_known(_OPTIONS):
        return dict(_OPTIONS)
    return {name: value for name, value in _OPTIONS.items() if _are_known({name: value})}


def _are_known(options: Mapping[str, bool | int]) -> bool:
    try:
        jax.jit(lambda: 0, compiler_options=dict(options)).lower().compile()
    except JaxRuntimeError:
        return False
    return True
