"""How unlike two poses are, wherever the animal stands and whichever way it faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def body_length(poses_px: NDArray[np.floating]) -> float:
    """Median over poses (pose, keypoint, 2) of the largest distance between two keypoints; 0 if none."""
    apart = np.linalg.norm(poses_px[:, :, None] - poses_px[:, None], axis=-1)
    extents = np.where(np.isfinite(apart), apart, 0.0).max(axis=(1, 2), initial=0.0)
    extents = extents[extents > 0]
    return float(np.median(extents)) if len(extents) else 0.0


def pose_distances(a_px: NDArray[np.floating], b_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Root mean square distance of keypoints after the best shift and turn, of every pair of poses.

    A mirror image is another pose: left and right are told apart. Size counts too.

    Args:
        a_px: (a, keypoint, 2); NaN where a keypoint is missing.
        b_px: (b, keypoint, 2).

    Returns:
        (a, b) in the units of the input, over the keypoints that both poses have; NaN where those are fewer
        than two.

    References:
        Full Procrustes analysis without scale, in complex numbers: Kendall, Bull. London Math. Soc. 16, 1984.
    """
    a, b = _complex(a_px), _complex(b_px)
    result = np.full((len(a), len(b)), np.nan)
    for column, other in enumerate(b):
        shared = np.isfinite(a) & np.isfinite(other)
        count = shared.sum(axis=1)
        first, second = _centred(a, shared), _centred(np.broadcast_to(other, a.shape), shared)
        # |a|^2 + |b|^2 - 2 |<a, b>| is what is left after the turn that serves best
        left = (np.abs(first) ** 2 + np.abs(second) ** 2).sum(axis=1)
        left -= 2 * np.abs((first.conj() * second).sum(axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            rms = np.sqrt(np.maximum(left, 0.0) / count)
        result[:, column] = np.where(count >= 2, rms, np.nan)
    return result


def frame_distances(a_px: NDArray[np.floating], b_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean over individuals of `pose_distances`, of every pair of frames.

    Args:
        a_px: (a, individual, keypoint, 2).
        b_px: (b, individual, keypoint, 2), of the same individuals; further ones are left out.

    Returns:
        (a, b); NaN where no individual can be compared.
    """
    total = np.zeros((len(a_px), len(b_px)))
    count = np.zeros((len(a_px), len(b_px)))
    for individual in range(a_px.shape[1]):
        apart = pose_distances(a_px[:, individual], b_px[:, individual])
        total += np.nan_to_num(apart)
        count += np.isfinite(apart)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _complex(poses_px: NDArray[np.floating]) -> NDArray[np.complex128]:
    poses = poses_px.astype(np.float64)
    return np.asarray(poses[..., 0] + 1j * poses[..., 1])


def _centred(poses: NDArray[np.complex128], shared: NDArray[np.bool_]) -> NDArray[np.complex128]:
    """Shared keypoints around their own mean; the others are 0."""
    known = np.where(shared, poses, 0)
    mean = known.sum(axis=1, keepdims=True) / np.maximum(shared.sum(axis=1, keepdims=True), 1)
    return np.where(shared, known - mean, 0)
