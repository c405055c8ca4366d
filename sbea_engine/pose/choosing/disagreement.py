"""Models that learned from the same labels answer differently.

Source: query by committee, Seung, Opper and Sompolinsky, COLT 1992.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.choosing.evidence import Evidence, told_apart
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, mean_known, unknown, worst
from sbea_engine.pose.disagreements import in_order_of


def disagreement(evidence: Evidence) -> Finding:
    """Spread of the answers in body lengths: root mean square distance from their mean, mean over keypoints.

    A spread counts as half a body at most, so that one keypoint that is lost far away is not worth more than
    a whole body that is. Where there is one model only, the spread is that of its members; NaN where it has
    none, or they were not asked.
    """
    if evidence.others:
        every = _answers(evidence)
        spread = np.sqrt(((every - every.mean(axis=0)) ** 2).sum(-1).mean(axis=0))
        who_differ = f"{len(every)} models differ"
    elif evidence.spread_px is not None:
        spread = evidence.spread_px[evidence.rows].astype(np.float64)
        who_differ = "the members of the model differ"
    else:
        return unknown(len(evidence.rows))

    def reason(candidate: int) -> str:
        who, what = worst(spread[candidate])
        name = keypoint_name(evidence.poses, who, what)
        return f"{who_differ} on {name} (spread {spread[candidate, who, what]:.0f} px)"

    return Finding(score=mean_known(np.minimum(spread / evidence.body_px, 0.5)), reason=reason)


def _answers(evidence: Evidence) -> NDArray[np.float64]:
    """(model, candidate, individual, keypoint, 2), individuals as in `evidence.poses`."""
    rows = evidence.rows
    own = evidence.poses.points_px[rows]
    found = [own]
    for other in evidence.others:
        points = other.points_px[rows]
        if not told_apart(evidence.poses, other):
            points, _ = in_order_of(own, points, other.confidence[rows])
        found.append(points)
    return np.stack(found).astype(np.float64)
