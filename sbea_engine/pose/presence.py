"""Whether an animal is there at all, for a stage that only ever looked at animals closely.

The fine stage learns from crops round labelled animals. Cut from an empty arena a crop is like nothing that
it knows, and what it says of its keypoints is worth nothing: on rendered videos without their mouse it was as
sure as with it. The coarse stage learns from views of whole frames, most of whose places are empty.
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


def if_present(confidence_logit: NDArray[np.float32], log_present: Floats) -> NDArray[np.float32]:
    """Logits of a confidence that holds where the animal is there, times how far it is.

    Args:
        confidence_logit: (animal, keypoint).
        log_present: (animal,) see `log_presence`.
    """
    sure = confidence_logit.astype(np.float64)
    both = -np.logaddexp(0.0, -sure) + log_present[..., None]
    lowered = both - np.log(-np.expm1(np.minimum(both, -1e-12)))
    return np.where(log_present[..., None] < 0, lowered, sure).astype(np.float32)
