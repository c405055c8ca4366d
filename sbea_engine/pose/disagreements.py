"""Frames without labels on which two models differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A frame on which two models differ.

    Attributes:
        index: Frame.
        mean_px: Mean distance between their answers, weighted by the lower of the two confidences.
        keypoint, individual: Where they differ most, by the same weight.
        distance_px: How far there.
    """

    index: int
    mean_px: float
    individual: str
    keypoint: str
    distance_px: float


def disagreements(
    frames: NDArray[np.int64],
    a: tuple[NDArray[np.float32], NDArray[np.float32]],
    b: tuple[NDArray[np.float32], NDArray[np.float32]],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    most: int = 12,
) -> list[Disagreement]:
    """The frames on which two models differ most, the worst first.

    Args:
        frames: (frame,).
        a, b: points (frame, individual, keypoint, 2) and confidence (frame, individual, keypoint).
        names: Of the individuals and of the keypoints.
    """
    apart = np.linalg.norm(a[0].astype(np.float64) - b[0], axis=-1)
    weight = np.minimum(a[1], b[1]).astype(np.float64) + 1e-3  # where both doubt, a difference is no news
    there = np.isfinite(apart)
    weighted = np.where(there, apart * weight, 0.0)
    flat = weighted.reshape(len(frames), -1)
    mean = flat.sum(axis=1) / np.maximum((weight * there).reshape(len(frames), -1).sum(axis=1), 1e-9)
    found = []
    for row in np.argsort(-mean, kind="stable")[:most].tolist():
        if not mean[row] > 0:
            break
        who, keypoint = np.unravel_index(int(flat[row].argmax()), apart.shape[1:])
        found.append(
            Disagreement(
                index=int(frames[row]),
                mean_px=float(mean[row]),
                individual=names[0][who],
                keypoint=names[1][keypoint],
                distance_px=float(apart[row, who, keypoint]),
            )
        )
    return found
