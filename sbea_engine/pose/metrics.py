"""How far predicted keypoints are from human labels; each figure under its own name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.data.poses import BadPoses
from sbea_engine.pose.plan import placed_mask

WORST_FRAMES = 12
WORST_OF_KEYPOINT = 3
CONFIDENCE_BINS = 10
WILSON_Z = 1.959964
"""Two-sided 95 % of the normal distribution."""


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
        frames with the largest mean distance, with their `labels_px`, (individual, keypoint) of [x, y], and
        `points_px`, of [x, y, confidence], None where there is none; `worst_by_keypoint`: where each
        keypoint was farthest off. A figure without points is None. DeepLabCut's "rmse" is what is called
        `mean_px` here.
    """
    if points_px.shape != truth.points_px.shape:
        raise BadPoses(f"points_px must have shape {truth.points_px.shape}, got {points_px.shape}.")
    placed = placed_mask(truth)
    distance = np.linalg.norm(points_px.astype(np.float64) - truth.points_px, axis=-1)
    names = truth.skeleton.keypoints
    result = figures(distance, placed)
    result["by_keypoint"] = {name: figures(distance[..., k], placed[..., k]) for k, name in enumerate(names)}
    result["worst"] = _worst(truth, distance, points_px, confidence)
    result["worst_by_keypoint"] = {
        name: _worst_of_keypoint(truth, distance[..., k]) for k, name in enumerate(names)
    }
    if confidence is not None:
        result["confidence"] = calibration_figures(
            confidence[placed].astype(np.float64), distance[placed] <= radius_px
        ) | {"radius_px": radius_px}
    return result


def calibration_figures(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Brier score, expected calibration error, mean confidence and share right, and the `bins` behind them.

    The bins are equally filled, so that each says as much as the next (Nguyen and O'Connor 2015). A bin has
    `n`, the `low` and `high` of its confidences, their `mean`, the share `right`, and `right_low` and
    `right_high`: Wilson's 95 % interval of that share, which takes points for independent.
    """
    if len(confidence) == 0:
        return {"n": 0, "brier": None, "ece": None, "mean": None, "right": None, "bins": []}
    order = np.argsort(confidence, kind="stable")
    bins = [b for b in np.array_split(order, CONFIDENCE_BINS) if len(b)]
    gaps = [len(b) * abs(confidence[b].mean() - right[b].mean()) for b in bins]
    return {
        "n": len(confidence),
        "brier": float(((confidence - right) ** 2).mean()),
        "ece": float(sum(gaps) / len(confidence)),
        "mean": float(confidence.mean()),
        "right": float(right.mean()),
        "bins": [_bin(confidence[b], right[b]) for b in bins],
    }


def _bin(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    low, high = wilson_interval(int(right.sum()), len(right))
    return {
        "n": len(right),
        "low": float(confidence.min()),
        "high": float(confidence.max()),
        "mean": float(confidence.mean()),
        "right": float(right.mean()),
        "right_low": low,
        "right_high": high,
    }


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of which `hits` of `n` were seen (Wilson 1927)."""
    share, z2 = hits / n, WILSON_Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = WILSON_Z * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


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


def _worst(
    truth: LabelSet,
    distance: NDArray[np.float64],
    points_px: NDArray[np.float32],
    confidence: NDArray[np.float32] | None,
) -> list[dict[str, Any]]:
    means = _frame_means(distance)
    answers = points_px if confidence is None else np.concatenate([points_px, confidence[..., None]], axis=-1)
    labels = np.where(placed_mask(truth)[..., None], truth.points_px, np.nan)
    rows = np.argsort(-means, kind="stable")[: min(WORST_FRAMES, int(np.isfinite(means).sum()))]
    return [
        {
            "video": truth.frames[row].video,
            "index": int(truth.frames[row].index),
            "mean_px": float(means[row]),
            "labels_px": listed(labels[row]),
            "points_px": listed(answers[row]),
        }
        for row in rows.tolist()
    ]


def _worst_of_keypoint(truth: LabelSet, distance: NDArray[np.float64]) -> list[dict[str, Any]]:
    """`distance` is (frame, individual)."""
    rows: list[tuple[float, dict[str, Any]]] = []
    for frame, individual in np.argwhere(np.isfinite(distance)).tolist():
        source, d = truth.frames[frame], float(distance[frame, individual])
        whose = truth.individuals[individual]
        rows.append(
            (d, {"video": source.video, "index": int(source.index), "individual": whose, "distance_px": d})
        )
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])[:WORST_OF_KEYPOINT]]


def _frame_means(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """(frame,): mean of the distances that there are; NaN where there is none."""
    known = np.isfinite(distance)
    count = known.sum(axis=(1, 2))
    total = np.where(known, distance, 0.0).sum(axis=(1, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def listed(points: NDArray[np.floating[Any]], *, digits: int = 4) -> list[list[list[float] | None]]:
    """(individual, keypoint, value) as lists, None for a point without a position."""
    return [
        [[round(float(v), digits) for v in p] if np.isfinite(p).all() else None for p in individual]
        for individual in points
    ]
