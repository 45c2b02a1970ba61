"""Weights that do not move: which, and the remark that names them."""

from collections.abc import Collection

import numpy as np

from imagette.arrays import Weights


def unmoved(before: Weights, after: Weights, names: Collection[str]) -> tuple[str, ...]:
    """Those of `names` whose every value is after what it was before.

    A bias is left out where the weight beside it moved: before a batch norm its gradient is 0, and
    that is no mistake.

    >>> unmoved({"a.weight": np.ones(2)}, {"a.weight": np.ones(2)}, ["a.weight"])
    ('a.weight',)
    """
    still = [name for name in names if np.array_equal(before[name], after[name])]
    moved = set(names).difference(still)
    return tuple(n for n in still if not (n.endswith("bias") and f"{n[:-4]}weight" in moved))


def stillness(still: Collection[str], names: Collection[str], when: str, rate: float) -> str | None:
    """The remark on weights that did not move; `when` is "epoch 1" or the like.

    >>> stillness(["a.weight"], ["a.weight"], "epoch 1", rate=0.0)
    'no weight moved in epoch 1: recipe.optimiser.rate is 0, set it above'
    """
    if not still:
        return None
    if len(still) < len(names):
        return (
            f"{_listed(still)} did not move in {when}: no gradient arrives there, as behind units "
            "that are all 0 or a detach(), or no optimiser holds it. Lower recipe.optimiser.rate, "
            "or mend the code"
        )
    if rate == 0:
        return f"no weight moved in {when}: recipe.optimiser.rate is 0, set it above"
    return (
        f"no weight moved in {when}: the step is not taken (an update that forgets step()), or is "
        f"lost in rounding at recipe.optimiser.rate = {rate:g}"
    )


def _listed(names: Collection[str], most: int = 3) -> str:
    shown, more = list(names)[:most], len(names) - most
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
