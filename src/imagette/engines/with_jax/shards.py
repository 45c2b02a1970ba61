"""Steps whose batch is cut into shards, each for a processor thread of its own: data parallelism.

XLA shares out only the largest operations of a small network among its threads. Here every thread
is a device of JAX that does all of the work for its own images, and what is a sum over the batch,
such as the gradient, is added up between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import jax
import numpy as np
from jax import Array, lax
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from imagette.arrays import Size
from imagette.engines.with_jax.pure import Tree

# Smaller shards spend more on adding up than a second thread gains (docs/log.md).
SMALLEST_SHARD = 4

# More threads than these were not measured.
MOST_SHARDS = 16

AXIS = "shard"

_CUT, _SAME = PartitionSpec(None, AXIS), PartitionSpec()  # the second axis of [k,B,...]; all of it
_BY_IMAGE = ("indices", "draws")

# A thread for each shard, and no end where one waits long for another: of a process that sleeps.
_OPTIONS = {
    "xla_cpu_multi_thread_eigen": False,
    "xla_cpu_collective_call_warn_stuck_seconds": 1_000_000,
    "xla_cpu_collective_call_terminate_timeout_seconds": 1_000_000,
}

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

    def first(self, num: int) -> Array | int:
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

    def compiled(self, steps: Steps) -> Steps:
        """`steps` as a function of all but `shards`, its last argument, compiled.

        The others are (state, source, labels, plan, number of steps, input size). A batch that
        cannot be cut into equal shards, the last of an epoch, is computed whole by every thread.
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

        return jax.jit(sharded, donate_argnums=0, static_argnums=5, compiler_options=_OPTIONS)


WHOLE = Shards()


def shards_for(batch: int | Literal["all"], threads: int) -> Shards:
    """The fixed rule: one for each thread, or fewer where only those are equal and large enough.

    >>> [shards_for(batch, 2).count for batch in (4, 8, 9, 20)]
    [1, 2, 1, 2]
    >>> shards_for(20, 8)
    Shards(count=5)
    """
    if batch == "all":
        return WHOLE
    most = min(threads, MOST_SHARDS, batch // SMALLEST_SHARD)
    return Shards(next((n for n in range(most, 1, -1) if batch % n == 0), 1))
