"""How good 3D poses are: by themselves, and beside the truth of a rendered recording."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses3D
from sbea_engine.data.sync import MISSING
from sbea_engine.io.poses3d_store import Poses3DStore
from sbea_engine.pipelines.reconstruct import CannotReconstruct
from sbea_engine.synth.truth import Truth, load_truth

# Enough for medians that stand still, few enough for the memory of any machine.
MAX_QUALITY_TICKS = 20_000
WINDOW = 512
OUTSIDE_PERCENT = 1.0


def quality(store: Poses3DStore) -> dict[str, Any]:
    """Figures of how well the views agree, of the complete ticks, or an even choice among very many.

    Returns:
        `ticks` measured, `placed_share` of all keypoints, `median_sigma_mm`, `median_residual_px` and
        `residual_px` (median by view), `views` (share of keypoints by number of views that they rest on).
        A figure of nothing is None.
    """
    pieces = _even_choice(store)
    n_views = np.concatenate([p.n_views.ravel() for p in pieces]) if pieces else np.empty(0, np.int8)
    sigma = np.concatenate([p.sigma_mm.ravel() for p in pieces]) if pieces else np.empty(0)
    residual = [
        np.concatenate([p.residual_px[v].ravel() for p in pieces]) if pieces else np.empty(0)
        for v in range(len(store.views))
    ]
    return {
        "ticks": sum(len(p) for p in pieces),
        "placed_share": float((n_views > 0).mean()) if len(n_views) else None,
        "median_sigma_mm": _median(sigma),
        "median_residual_px": _median(np.concatenate(residual)),
        "residual_px": {view: _median(r) for view, r in zip(store.views, residual, strict=True)},
        "views": {
            str(n): float((n_views == n).mean()) if len(n_views) else None
            for n in (0, *range(2, len(store.views) + 1))
        },
    }


def extent_mm(store: Poses3DStore) -> dict[str, list[float]] | None:
    """Where the animals were: the box without the outermost `OUTSIDE_PERCENT` of placed keypoints a side.

    A few keypoints that were placed far away do not widen it.

    Returns:
        `min` and `max`, (x, y, z) each; None where no keypoint was placed.
    """
    placed = [p.points_mm[np.isfinite(p.points_mm).all(axis=-1)] for p in _even_choice(store)]
    points = np.concatenate(placed) if placed else np.empty((0, 3))
    if not len(points):
        return None
    low, high = np.percentile(points, [OUTSIDE_PERCENT, 100 - OUTSIDE_PERCENT], axis=0)
    return {"min": low.tolist(), "max": high.tolist()}


def _even_choice(store: Poses3DStore) -> list[Poses3D]:
    """All complete ticks, or stretches of about `MAX_QUALITY_TICKS` of very many."""
    done = store.ticks_done
    step = -(-max(done, 1) // MAX_QUALITY_TICKS)
    pieces: list[Poses3D] = []
    for low in range(0, done, WINDOW * step):
        first = int(store.ticks[low])
        last = int(store.ticks[min(low + WINDOW, done) - 1])
        pieces.append(store.window(first, last + 1))
    return pieces


def _median(values: NDArray[np.floating[Any]]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def evaluate_against_truth(
    folder: Path, store: Poses3DStore, *, first_tick: int = 0, without: Collection[int] = ()
) -> dict[str, Any]:
    """3D error in a rendered recording on keypoints that two or more of the store's views could see.

    A view that lost its frame of a tick could see nothing at that tick.
    Individuals and keypoints are matched by name; where each side has one individual, those two are.

    Args:
        first_tick: Only ticks from here on are measured.
        without: Ticks that are left out: those that a model was trained on.

    Returns:
        `ticks` measured, `n` keypoints to find, `missing` of them without a point, `median_mm`, `mean_mm`,
        `p95_mm` of the others, `by_keypoint` (the same), `hidden` (the same of the keypoints that fewer views
        could see),
        `sigma_ratio` (root mean square of error / sigma: 1 where sigma says the truth), `all_placed` (n and
        median_mm of every placed keypoint, hidden ones too).

    Raises:
        BadRecording: No rendered recording.
        CannotReconstruct: Other individuals, keypoints, views or ticks.
    """
    truth = load_truth(folder)
    poses = store.window(first_tick)
    unknown = [view for view in poses.views if view not in truth.views]
    if unknown or (len(poses) and int(poses.ticks[-1]) >= len(truth)):
        raise CannotReconstruct(
            f"{store.folder}: its views {', '.join(poses.views)} or its ticks are not those of {folder}."
        )
    who = _match(truth.individuals, poses.individuals, "individuals")
    if set(truth.skeleton.keypoints) != set(poses.skeleton.keypoints):
        raise CannotReconstruct(f"{store.folder}: its keypoints are not those of {folder}.")
    what = [poses.skeleton.keypoints.index(name) for name in truth.skeleton.keypoints]
    seen = [_seen(truth, view, poses.ticks) for view in poses.views]
    due = np.asarray(np.sum(seen, axis=0, dtype=np.int8) >= 2)
    points = poses.points_mm[:, who][:, :, what]
    sigma = poses.sigma_mm[:, who][:, :, what]
    error = np.linalg.norm(points - truth.points_mm[poses.ticks], axis=-1)
    kept = ~np.isin(poses.ticks, list(without))
    due, error, sigma = due[kept], error[kept], sigma[kept]
    counted = due & np.isfinite(error)
    ratio = (error[counted] / sigma[counted]) ** 2
    return {
        "ticks": int(kept.sum()),
        **_error_figures(error, due),
        "sigma_ratio": float(np.sqrt(ratio.mean())) if len(ratio) else None,
        "hidden": _error_figures(error, ~due),
        "all_placed": {"n": int(np.isfinite(error).sum()), "median_mm": _median(error)},
        "by_keypoint": {
            name: _error_figures(error[..., k], due[..., k])
            for k, name in enumerate(truth.skeleton.keypoints)
        },
    }


def _seen(truth: Truth, view: str, ticks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What (tick, individual, keypoint) was to be seen in a view's video."""
    shown = truth.sync.frames_of(view)[ticks] != MISSING
    return np.asarray(truth.views[view].visible[ticks] & shown[:, None, None], np.bool_)


def _match(truth: tuple[str, ...], found: tuple[str, ...], what: str) -> list[int]:
    if len(truth) == len(found) == 1:
        return [0]
    missing = [name for name in truth if name not in found]
    if missing:
        raise CannotReconstruct(
            f"The {what} {', '.join(missing)} of the truth are not among {', '.join(found)}."
        )
    return [found.index(name) for name in truth]


def _error_figures(error_mm: NDArray[np.floating[Any]], due: NDArray[np.bool_]) -> dict[str, Any]:
    found = error_mm[due & np.isfinite(error_mm)]
    return {
        "n": int(due.sum()),
        "missing": int(due.sum() - len(found)),
        "median_mm": float(np.median(found)) if len(found) else None,
        "mean_mm": float(found.mean()) if len(found) else None,
        "p95_mm": float(np.percentile(found, 95)) if len(found) else None,
    }
