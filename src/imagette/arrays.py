"""The arrays that stages exchange, and what goes with pictures: each name fixes dtype and axes.

Axes: N images, H rows, W columns, C channels, K classes. Nothing here is checked at run time;
the names are for readers and for the type checker.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
"""[N,H,W,C], 0 to 255."""

Labels = NDArray[np.int32]
"""[N], 0 to K-1."""

Logits = NDArray[np.float32]
"""[N,K], before softmax."""

Size = tuple[int, int]
"""Height and width of pictures, in pixels."""

NumViews = Literal[1, 2, 6]
"""Of an image, 1: itself; 2: and its mirror image; 6: both, in place and moved two ways."""

Weights = Mapping[str, NDArray[np.float32]]
"""`<path>.<name>` to an array; conv weights [out,in/groups,kh,kw], linear [out,in]."""
