"""Whether an animal is there at all, for a stage that only ever looked at animals closely.

The fine stage learns from crops round labelled animals. Cut from an empty arena a crop is like nothing that
it knows, and what it says of its keypoints is worth nothing: on rendered videos without their mouse it was as
sure as with it. The coarse stage learns from views of whole frames, most of whose places are empty. Both are
multiplied after the confidence was calibrated, which is done on animals that are there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

Floats = NDArray[np.float64]

LEAST = 1e-6
"""Of a confidence, so that its odds are a number."""


def log_presence(trust: Floats) -> Floats:
    """Log of how far an animal is believed to be there, 0 at most: the odds that the coarse stage gives.

    The surer half of the keypoints counts, since the others may be hidden behind the body.

    Args:
        trust: (animal, keypoint) confidence of the coarse stage, 0 to 1.

    Returns:
        (animal,); 0 from even odds on, so that of an animal that is plainly there nothing changes.
    """
    keypoints = trust.shape[-1]
    surer = np.sort(trust, axis=-1)[..., keypoints // 2 :].mean(-1)
    return np.asarray(np.minimum(logit(np.clip(surer, LEAST, 1 - LEAST)), 0.0))
