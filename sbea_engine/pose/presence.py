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


def surer_half(trust: Floats) -> Floats:
    """(animal,) mean of the surer half of the keypoints; the others may be hidden behind the body.

    Args:
        trust: (animal, keypoint) confidence of the coarse stage, 0 to 1.
    """
    keypoints = trust.shape[-1]
    return np.asarray(np.sort(trust, axis=-1)[..., keypoints // 2 :].mean(-1))


def odds_from_which(trust: Floats) -> float:
    """Odds of the coarse stage from which on an animal counts as there: of half of what it usually says of
    animals that are, and even ones at most. A coarse stage of few steps is sure of nothing.

    Args:
        trust: (animal, keypoint) of animals that are there; 1 where there are none.
    """
    if not len(trust):
        return 1.0
    usual = min(max(float(np.median(surer_half(trust))) / 2, LEAST), 0.5)
    return usual / (1 - usual)


def log_presence(trust: Floats, odds: float) -> Floats:
    """Log of how far an animal is believed to be there, 0 at most: by how much the odds that the coarse stage
    gives fall short of `odds`.

    Args:
        trust: (animal, keypoint) confidence of the coarse stage, 0 to 1.
        odds: See `odds_from_which`.

    Returns:
        (animal,); 0 for an animal that is plainly there, of which nothing changes.
    """
    return np.asarray(np.minimum(logit(np.clip(surer_half(trust), LEAST, 1 - LEAST)) - np.log(odds), 0.0))
