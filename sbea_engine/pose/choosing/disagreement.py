"""Models that learned from the same labels answer differently.

Source: query by committee, Seung, Opper and Sompolinsky, COLT 1992.
"""

from __future__ import annotations

import numpy as np

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, mean_known, unknown, worst


def disagreement(evidence: Evidence) -> Finding:
    """Spread of the answers in body lengths: root mean square distance from their mean, mean over keypoints.

    A spread counts as half a body at most, so that one keypoint that is lost far away is not worth more than
    a whole body that is. NaN where there is one model only.
    """
    if not evidence.others:
        return unknown(len(evidence.rows))
    rows = evidence.rows
    every = np.stack([p.points_px[rows].astype(np.float64) for p in (evidence.poses, *evidence.others)])
    spread = np.sqrt(((every - every.mean(axis=0)) ** 2).sum(-1).mean(axis=0))

    def reason(candidate: int) -> str:
        who, what = worst(spread[candidate])
        name = keypoint_name(evidence.poses, who, what)
        return f"{len(every)} models differ on {name} (spread {spread[candidate, who, what]:.0f} px)"

    return Finding(score=mean_known(np.minimum(spread / evidence.body_px, 0.5)), reason=reason)
