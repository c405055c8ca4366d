"""Labels that look wrong: where networks that had not seen a label agree on something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Skeleton, Visibility

Kind = Literal["left/right swapped", "far from the answer", "absent but found"]
Floats = NDArray[np.float64]

FAR_RADII = 3.0
"""An answer is far from its label beyond this many radii, and beyond six times the usual distance."""
FAR_USUAL = 6.0

FOUND = 0.8
"""Confidence with which a keypoint that was called absent must be found."""

FAR_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One label to look at again.

    Attributes:
        video, index, individual: Which frame, and whose label.
        keypoints: The one, or the left and the right one of a pair.
        distance_px: From the label to the answer, the larger of a pair; NaN where there is no label.
        confidence: Of the answer, the lower of a pair.
        kind: What seems to be wrong.
    """

    video: str
    index: int
    individual: str
    keypoints: tuple[str, ...]
    distance_px: float
    confidence: float
    kind: Kind


def find_suspects(
    truth: LabelSet, points_px: NDArray[np.float32], confidence: NDArray[np.float32], radius_px: float
) -> list[Suspect]:
    """Compare labels with the answers of those who had not seen them; swapped pairs first, then by distance.

    A pair is swapped where each answer lies near the other's label and not near its own; such a pair is told
    once, and not as far. A confident answer far from its label is told. So is one where a person said that
    there is nothing. An answer without confidence is no reason to doubt a label.

    Args:
        points_px: (frame, individual, keypoint, 2); NaN where nobody answered.
        confidence: (frame, individual, keypoint).
        radius_px: Within it an answer is right.
    """
    points = points_px.astype(np.float64)
    distance = np.linalg.norm(points - truth.points_px, axis=-1)
    usual = _usual(distance)
    swaps = _swapped(truth, points, confidence, distance, radius_px)
    in_a_swap = np.zeros(distance.shape, np.bool_)
    for frame, who, pair in swaps:
        in_a_swap[frame, who, list(pair)] = True
    far = (distance > max(FAR_RADII * radius_px, FAR_USUAL * usual)) & (confidence >= FAR_CONFIDENCE)
    found = (truth.visibility == Visibility.ABSENT) & (confidence >= FOUND) & np.isfinite(points).all(-1)
    suspects = [
        _suspect(truth, frame, who, pair, "left/right swapped", distance, confidence)
        for frame, who, pair in swaps
    ]
    singles: list[tuple[Kind, NDArray[np.bool_]]] = [
        ("far from the answer", far & ~in_a_swap),
        ("absent but found", found),
    ]
    for kind, mask in singles:
        own = [
            _suspect(truth, f, i, (k,), kind, distance, confidence) for f, i, k in np.argwhere(mask).tolist()
        ]
        suspects += sorted(own, key=lambda s: (-np.nan_to_num(s.distance_px), -s.confidence))
    return suspects


def in_words(suspects: Sequence[Suspect], skeleton: Skeleton) -> list[str]:
    """One sentence for each kind of fault of each keypoint, the most frequent first."""
    said = []
    for (kind, keypoints), n in Counter((s.kind, s.keypoints) for s in suspects).most_common():
        labels = "1 label" if n == 1 else f"{n} labels"
        if kind == "left/right swapped":
            said.append(f"{' and '.join(keypoints)} are swapped in {labels}.")
        elif kind == "absent but found":
            said.append(f"{keypoints[0]} is called absent in {labels}, and the networks find it.")
        else:
            said.append(f"{keypoints[0]} is far from where the networks find it in {labels}.")
    return said


def _swapped(
    truth: LabelSet,
    points: Floats,
    confidence: NDArray[np.float32],
    distance: Floats,
    radius_px: float,
) -> list[tuple[int, int, tuple[int, int]]]:
    """(frame, individual, pair) of exchanged left and right, the farthest first."""
    found = []
    for left, right in truth.skeleton.symmetric:
        a, b = truth.skeleton.index(left), truth.skeleton.index(right)
        crossed = np.maximum(
            np.linalg.norm(points[:, :, a] - truth.points_px[:, :, b], axis=-1),
            np.linalg.norm(points[:, :, b] - truth.points_px[:, :, a], axis=-1),
        )
        own = np.minimum(distance[:, :, a], distance[:, :, b])
        sure = np.minimum(confidence[:, :, a], confidence[:, :, b]) >= FAR_CONFIDENCE
        mask = (crossed <= 2 * radius_px) & (own > 2 * radius_px) & (2 * crossed < own) & sure
        found += [(own[f, i], (f, i, (a, b))) for f, i in np.argwhere(mask).tolist()]
    return [place for _, place in sorted(found, key=lambda pair: -pair[0])]


def _suspect(
    truth: LabelSet,
    frame: int,
    who: int,
    keypoints: tuple[int, ...],
    kind: Kind,
    distance: Floats,
    confidence: NDArray[np.float32],
) -> Suspect:
    source = truth.frames[frame]
    return Suspect(
        video=source.video,
        index=int(source.index),
        individual=truth.individuals[who],
        keypoints=tuple(truth.skeleton.keypoints[k] for k in keypoints),
        distance_px=float(np.max(distance[frame, who, list(keypoints)])),
        confidence=float(np.min(confidence[frame, who, list(keypoints)])),
        kind=kind,
    )


def _usual(distance: Floats) -> float:
    known = distance[np.isfinite(distance)]
    return float(np.median(known)) if len(known) else 0.0
