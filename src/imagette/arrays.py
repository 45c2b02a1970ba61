"""The arrays that stages exchange: each name fixes dtype and axes.

Axes: N images, H rows, W columns, C channels, K classes. Nothing here is checked at run time;
the names are for readers and for the type checker.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
"""[N,H,W,C], 0 to 255."""

Labels = NDArray[np.int32]
"""[N], 0 to K-1."""

Logits = NDArray[np.float32]
"""[N,K], before softmax."""

Weights = Mapping[str, NDArray[np.float32]]
"""`<path>.<name>` to an array; conv weights [out,in/groups,kh,kw], linear [out,in]."""
