"""A keypoint moves further in one frame than an animal does.

The steps to and from a frame are taken together: an answer that is wrong in one frame has two long steps, its
neighbours have one each.

Source: `jump` of DeepLabCut's `extract_outlier_frames`, whose bound is 20 px for the step to a frame; here
the bound is a share of the body, so that it holds at any magnification. 20 px are 0.17 of the body in
DeepLabCut's openfield project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding, keypoint_name, largest_known, unknown, worst

BOUND_BODIES = 0.17


def jump(evidence: Evidence) -> Finding:
    """Mean of the longest steps to and from a frame, in body lengths, if one is beyond the bound; else 0.

    Of a frame with one known neighbour, that step; NaN where neither neighbour is known.
    """
    if len(evidence.rows) == 0:
        return unknown(0)
    steps = np.stack([_step(evidence, -1), _step(evidence, 1)])
    longest = np.stack([largest_known(step) for step in steps]) / evidence.body_px
    known = np.isfinite(longest).sum(axis=0)
    mean = np.where(known > 0, np.nansum(longest, axis=0) / np.maximum(known, 1), np.nan)
    beyond = np.nan_to_num(longest).max(axis=0) > BOUND_BODIES

    def reason(candidate: int) -> str:
        way = np.nan_to_num(steps[:, candidate]).max(axis=0)
        who, what = worst(way)
        return f"{keypoint_name(evidence.poses, who, what)} jumps here, by {way[who, what]:.0f} px"

    return Finding(score=np.where(beyond, mean, mean * 0.0), reason=reason)


def _step(evidence: Evidence, side: int) -> NDArray[np.float64]:
    """(candidate, individual, keypoint) pixels to the frame before (-1) or after (1); NaN if not known."""
    rows, frames = evidence.rows, evidence.poses.frames
    other = np.clip(rows + side, 0, len(frames) - 1)
    step = np.linalg.norm(evidence.points_px - evidence.poses.points_px[other], axis=-1)
    step[frames[other] != frames[rows] + side] = np.nan
    return np.asarray(step)
