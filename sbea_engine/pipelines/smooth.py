"""A store of smoothed poses beside the raw one, window by window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sbea_engine.io.poses_store import PosesStore, PosesWriter, open_poses
from sbea_engine.kinematics.robust import Strength
from sbea_engine.kinematics.smoothing import (
    BadSmoothing,
    SmoothingConfig,
    estimate_strength,
    smooth_points,
    stretches,
)
from sbea_engine.nn.card import ModelCard
from sbea_engine.pose.card import STAGE
from sbea_engine.progress import OnProgress, Progress, ignore

WINDOW = 2048
OVERLAP = 256
"""Frames before and after a window that are smoothed with it: a smoother forgets within far fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothingResult:
    """Smoothed poses on disk.

    Attributes:
        outliers: Answers that neighbours in time contradicted, of those smoothed now.
        moved_px: Mean distance from raw to smoothed, of those smoothed now; None of none.
    """

    store: Path
    frame_count: int
    smoothed_now: int
    outliers: int
    moved_px: float | None
    seconds: float


def radius_of(poses: Path, models: Sequence[Path]) -> float:
    """The radius that the confidence of these poses is about, from the card of the model that made them.

    Args:
        models: Folders; one of them is of that model.

    Raises:
        BadSmoothing: They are of another model.
        BadModel: In a folder is no model.
    """
    cards = [ModelCard.read(folder, stage=STAGE) for folder in models]
    made_by = open_poses(poses).provenance.get("weights_sha256")
    for card in cards:
        if card.weights_sha256 == made_by:
            return float(card.plan["radius_px"])
    raise BadSmoothing(
        f"{poses}: was not predicted by the model in {', '.join(map(str, models))}. Give the one that did, "
        f"or the radius itself."
    )


def smooth_store(
    poses: Path, out_store: Path, config: SmoothingConfig, *, on_progress: OnProgress = ignore
) -> SmoothingResult:
    """Smooth a store of poses into another one; goes on where an earlier attempt stopped.

    In gaps that stay, the position is NaN and the confidence 0.

    Raises:
        BadSmoothing: `out_store` is `poses`, or lies in it, or the prediction is not finished.
        BadPosesStore: A store is damaged, or `out_store` belongs to another run.
        Cancelled: From `on_progress`; complete chunks stay.
    """
    began = time.monotonic()
    if out_store.absolute().resolve().is_relative_to(poses.absolute().resolve()):
        raise BadSmoothing(f"{out_store}: smoothed poses go beside the raw ones, not over them.")
    raw = open_poses(poses)
    if not raw.complete:
        raise BadSmoothing(
            f"{poses}: only {raw.frames_done} of {raw.frame_count} frames are predicted. Let the prediction "
            f"finish first."
        )
    strength = _strength(raw, config)  # before anything is made: it finds most of what can be wrong
    writer = PosesWriter(
        out_store,
        raw.skeleton,
        raw.individuals,
        raw.frame_count,
        provenance={**raw.provenance, "smoothing": asdict(config), "poses_sha256": raw.checksum()},
        frames=raw.frames,
    )
    total, outliers, moved = raw.frame_count, 0, []
    with writer:
        start = writer.frames_done
        on_progress(Progress(stage="smooth", done=start, total=total))
        for low in range(start, total, WINDOW):
            high = min(low + WINDOW, total)
            before, after = max(0, low - OVERLAP), min(total, high + OVERLAP)
            seen = raw.window(int(raw.frames[before]), int(raw.frames[after - 1]) + 1)
            found = smooth_points(seen.points_px, seen.confidence, seen.frames, config, strength)
            own = slice(low - before, high - before)
            writer.append(found.points_px[own], np.nan_to_num(found.confidence[own]))
            outliers += int(found.outliers[own].sum())
            moved.append(np.linalg.norm(found.points_px[own] - seen.points_px[own], axis=-1).ravel())
            on_progress(Progress(stage="smooth", done=high, total=total))
    distances = np.concatenate(moved) if moved else np.zeros(0)
    known = distances[np.isfinite(distances)]
    return SmoothingResult(
        store=out_store,
        frame_count=total,
        smoothed_now=total - start,
        outliers=outliers,
        moved_px=float(known.mean()) if len(known) else None,
        seconds=time.monotonic() - began,
    )


def _strength(raw: PosesStore, config: SmoothingConfig) -> Strength:
    """Chosen from stretches, which alone are read: the same in every attempt."""
    rows = stretches(raw.frame_count)
    parts = []
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if len(run):
            parts.append(raw.window(int(raw.frames[run[0]]), int(raw.frames[run[-1]]) + 1))
    if not parts:
        raise BadSmoothing(f"{raw.folder}: holds no frames.")
    return estimate_strength(
        np.concatenate([part.points_px for part in parts]),
        np.concatenate([part.confidence for part in parts]),
        np.concatenate([part.frames for part in parts]),
        config,
    )
