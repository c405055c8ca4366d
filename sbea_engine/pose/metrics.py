"""How far predicted keypoints are from human labels; each figure under its own name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.data.poses import BadPoses
from sbea_engine.pose.plan import placed_mask

WORST_FRAMES = 12


def evaluate(
    truth: LabelSet,
    points_px: NDArray[np.float32],
    confidence: NDArray[np.float32] | None = None,
    *,
    radius_px: float = 5.0,
) -> dict[str, Any]:
    """Compare predictions with labels.

    Every placed label counts (visible and guessed). A prediction that is missing (NaN) where a label is
    placed counts as wrong in PCK and as `missing`; it has no distance, so means leave it out.

    Args:
        truth: Labelled frames.
        points_px: (frame, individual, keypoint, 2), rows as in `truth`.
        confidence: (frame, individual, keypoint); adds `confidence`, how well it is calibrated.
        radius_px: Nearness that the confidence is about.

    Returns:
        `n` compared points; `missing`; `mean_px`, `median_px`, `rms_px`; `pck5`, `pck10`: share in 0..1 of
        labelled points with an answer within 5 and 10 px; `by_keypoint`: the same a keypoint; `worst`:
        frames with the largest mean distance. A figure without points is None. DeepLabCut's "rmse" is what
        is called `mean_px` here.
    """
    if points_px.shape != truth.points_px.shape:
        raise BadPoses(f"points_px must have shape {truth.points_px.shape}, got {points_px.shape}.")
    placed = placed_mask(truth)
    distance = np.linalg.norm(points_px.astype(np.float64) - truth.points_px, axis=-1)
    names = truth.skeleton.keypoints
    result = figures(distance, placed)
    result["by_keypoint"] = {name: figures(distance[..., k], placed[..., k]) for k, name in enumerate(names)}
    result["worst"] = _worst(truth, distance)
    if confidence is not None:
        result["confidence"] = calibration_figures(
            confidence[placed].astype(np.float64), distance[placed] <= radius_px
        ) | {"radius_px": radius_px}
    return result


def calibration_figures(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Brier score, expected calibration error (10 equally filled bins), mean confidence and share right."""
    if len(confidence) == 0:
        return {"n": 0, "brier": None, "ece": None, "mean": None, "right": None}
    order = np.argsort(confidence, kind="stable")
    bins = [b for b in np.array_split(order, 10) if len(b)]
    gaps = [len(b) * abs(confidence[b].mean() - right[b].mean()) for b in bins]
    return {
        "n": len(confidence),
        "brier": float(((confidence - right) ** 2).mean()),
        "ece": float(sum(gaps) / len(confidence)),
        "mean": float(confidence.mean()),
        "right": float(right.mean()),
    }


def figures(distance: NDArray[np.float64], placed: NDArray[np.bool_]) -> dict[str, Any]:
    """`n` to `pck10` of `evaluate`, of distances in pixels (NaN: no answer) where `placed`; any shape."""
    total = int(placed.sum())
    d = distance[placed]
    d = d[np.isfinite(d)]
    if len(d) == 0:
        nothing = dict.fromkeys(("mean_px", "median_px", "rms_px"))
        pck: float | None = 0.0 if total else None
        return {"n": 0, "missing": total, **nothing, "pck5": pck, "pck10": pck}
    return {
        "n": len(d),
        "missing": total - len(d),
        "mean_px": float(d.mean()),
        "median_px": float(np.median(d)),
        "rms_px": float(np.sqrt((d**2).mean())),
        "pck5": float((d <= 5).sum() / total),
        "pck10": float((d <= 10).sum() / total),
    }


def _worst(truth: LabelSet, distance: NDArray[np.float64]) -> list[dict[str, Any]]:
    rows: list[tuple[float, dict[str, Any]]] = []
    for frame, source in enumerate(truth.frames):
        d = distance[frame][np.isfinite(distance[frame])]
        if len(d):
            mean = float(d.mean())
            rows.append((mean, {"video": source.video, "index": source.index, "mean_px": mean}))
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])[:WORST_FRAMES]]
