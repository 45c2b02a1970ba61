"""Whether the chosen figure still improves, from the rows of history alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from imagette.evaluate.stagnation import Better, stagnation
from imagette.recipe.stopping import Stopping


def stagnant_since(stopping: Stopping | None, history: Sequence[Mapping[str, Any]]) -> int | None:
    """The last epoch at which the figure improved, once its patience is used up, else None."""
    if stopping is None:
        return None
    rows = [row for row in history if row.get(stopping.figure) is not None]
    better: Better = "higher" if stopping.figure.endswith("accuracy") else "lower"
    values = [row[stopping.figure] for row in rows]
    index = stagnation(values, stopping.patience, stopping.min_change, better)
    return None if index is None else int(rows[index]["epoch"])
