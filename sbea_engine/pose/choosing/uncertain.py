"""The model is unsure of some keypoint.

The confidence is calibrated, so one minus its mean is the share of keypoints that are expected to be wrong.
DeepLabCut takes any likelihood under 0.01 instead, as its likelihood is no probability.

Source: uncertainty sampling, Lewis and Gale, SIGIR 1994; `uncertain` of DeepLabCut's
`extract_outlier_frames`.
"""

from __future__ import annotations

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, mean_known, worst


def uncertain(evidence: Evidence) -> Finding:
    """Share of keypoints expected to be wrong, 0..1; a keypoint without an answer counts as wrong."""
    doubt = 1.0 - evidence.confidence

    def reason(candidate: int) -> str:
        who, what = worst(doubt[candidate])
        name = keypoint_name(evidence.poses, who, what)
        return f"the model is unsure of {name} ({1.0 - doubt[candidate, who, what]:.2f})"

    return Finding(score=mean_known(doubt), reason=reason)
