"""What a pose model says of some frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Answer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Points (frame, individual, keypoint, 2) in source pixels, and confidence (frame, individual, keypoint)."""

SpreadAnswer = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""An answer, and (frame, individual, keypoint) how far several answers lie apart, in source pixels."""
