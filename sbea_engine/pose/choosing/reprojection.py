"""This view is not where the other views put the point.

The errors are computed elsewhere: `sbea rig triangulate` stores them with the 3D poses.
"""

from __future__ import annotations

import numpy as np

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, mean_known, unknown, worst


def reprojection(evidence: Evidence) -> Finding:
    """Mean reprojection error in body lengths, each at most half a body; NaN where no point is known."""
    if evidence.reprojection_px is None:
        return unknown(len(evidence.rows))
    error = evidence.reprojection_px[evidence.rows].astype(np.float64)

    def reason(candidate: int) -> str:
        who, what = worst(error[candidate])
        name = keypoint_name(evidence.poses, who, what)
        return f"other views put {name} {error[candidate, who, what]:.0f} px away"

    return Finding(score=mean_known(np.minimum(error / evidence.body_px, 0.5)), reason=reason)
