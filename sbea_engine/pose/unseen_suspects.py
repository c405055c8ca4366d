"""Labels that look wrong to a model that had not seen them, as figures of its training.

A model that had not seen a label and is sure of another place is a reason to look: it is wrong, or the label
is. One network judges the labels that were held out; an ensemble also those of its training, each by the
members that left it out.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.pose.suspects import find_suspects, in_words

MOST_SUSPECTS = 50
"""More are no slips but a model that has not learned the keypoint."""


def unseen_suspects(
    truth: LabelSet, points_px: NDArray[np.float32], confidence: NDArray[np.float32], radius_px: float
) -> dict[str, Any]:
    """`labels`: the first of `find_suspects`, JSON-serialisable; `total`: how many there are; `words`: a
    sentence for each kind of fault.

    Args:
        points_px, confidence: As of `find_suspects`, of who had not seen these labels.
    """
    found = find_suspects(truth, points_px, confidence, radius_px)
    rows = [asdict(one) for one in found[:MOST_SUSPECTS]]
    for row in rows:
        row["keypoints"] = list(row["keypoints"])
        row["distance_px"] = None if math.isnan(row["distance_px"]) else round(row["distance_px"], 2)
        row["confidence"] = round(row["confidence"], 3)
    return {"labels": rows, "total": len(found), "words": in_words(found, truth.skeleton)}
