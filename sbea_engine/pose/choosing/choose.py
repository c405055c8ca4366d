"""A batch of frames to label, by one method, with reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput
from sbea_engine.pose.choosing.batch import (
    Pool,
    take_clusters,
    take_diverse,
    take_highest,
    take_random,
    take_spread,
)
from sbea_engine.pose.choosing.combine import combine, rank_share
from sbea_engine.pose.choosing.coverage import picture_distances
from sbea_engine.pose.choosing.criteria import CRITERIA
from sbea_engine.pose.choosing.evidence import BadEvidence, Evidence
from sbea_engine.pose.choosing.finding import Finding
from sbea_engine.pose.choosing.shape import frame_distances

COMBINED = "combined"
BLIND = ("random", "uniform", "kmeans")
METHODS = (COMBINED, *CRITERIA, *BLIND)
MAX_REASONS = 3
REASON_SHARE = 0.75
"""A criterion is a reason for a frame if it ranks the frame above this share of the candidates."""


class CannotChoose(BadInput):
    """A method lacks what it works on."""

    code = "cannot_choose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A frame that is worth labelling.

    Attributes:
        video: Name, as in the evidence.
        index: Frame in the video.
        evidence: Number of the evidence that it comes from.
        row: Row in the poses of that evidence.
        score: 0..1 among the candidates; 0 of a method that has no scores.
        reasons: In words, the strongest first.
        criteria: What each criterion that could tell said, in its own unit.
    """

    video: str
    index: int
    evidence: int
    row: int
    score: float
    reasons: tuple[str, ...]
    criteria: dict[str, float]


def choose(
    evidence: Sequence[Evidence], count: int, *, method: str = COMBINED, seed: int = 0
) -> list[Chosen]:
    """Choose `count` different frames, the most valuable first; fewer only where fewer are free.

    Args:
        evidence: One a video, all of the same skeleton and individuals.
        method: `combined`, a criterion of `CRITERIA`, or one that asks no model: `random`, `uniform` (far in
            time from what is labelled) and `kmeans` (one frame a cluster of pictures).
        seed: Of `random` and `kmeans`.

    Raises:
        BadInput: `count` or `method` is none that exists.
        CannotChoose: The method lacks what it works on.
    """
    if method not in METHODS:
        raise BadInput(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    if count < 1:
        raise BadInput(f"count must be 1 or more; got {count}.")
    if not evidence or not any(len(one.rows) for one in evidence):
        return []
    findings = {name: [c.score(one) for one in evidence] for name, c in CRITERIA.items()}
    scores = {name: np.concatenate([f.score for f in found]) for name, found in findings.items()}
    pool = make_pool(evidence)
    if method in BLIND:
        return _blind(evidence, pool, scores, count, method, seed)
    if method == COMBINED:
        value = combine(scores, {name: criterion.weight for name, criterion in CRITERIA.items()})
        rows = take_diverse(pool, value, count)
    else:
        if not np.isfinite(scores[method]).any():
            raise CannotChoose(
                f"Method {method!r} cannot tell one frame from another here: {_LACKS[method]}."
            )
        value = np.nan_to_num(rank_share(scores[method]))
        rows = take_highest(pool, scores[method], count)
    shares = {name: rank_share(score) for name, score in scores.items()}
    only = None if method == COMBINED else method
    return [
        _chosen(evidence, pool, row, float(value[row]), _reasons(findings, scores, shares, row, only), scores)
        for row in rows
    ]


_LACKS = {
    "uncertain": "there are no candidates",
    "disagreement": "it needs two models or more, or an ensemble that is asked anew",
    "reprojection": "it needs reprojection errors, of 3D poses from several views",
    "coverage": "no pose is labelled yet",
    "appearance": "nothing is labelled yet",
    "jump": "it needs the answers for neighbouring frames; predict the whole video first",
    "fitting": "it needs the answers for neighbouring frames; predict the whole video first",
    "limbs": "it needs four labelled poses or more",
}


def make_pool(evidence: Sequence[Evidence]) -> Pool:
    """All candidates with their distances: mean of the distances of poses and of animals' pictures, each in
    units of its median."""
    parts: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    points = np.concatenate([one.points_px for one in evidence])
    labelled = evidence[0].labelled
    if len({one.poses.individuals for one in evidence}) > 1:
        raise BadEvidence("Videos to choose from must be of the same individuals.")
    parts.append((frame_distances(points, points), frame_distances(points, labelled.points_px)))
    looks = [one.appearance for one in evidence]
    if all(look is not None for look in looks):
        appearance = np.concatenate([look for look in looks if look is not None])
        known = labelled.appearance
        to_known = (
            np.full((len(points), 0), np.nan) if known is None else picture_distances(appearance, known)
        )
        parts.append((picture_distances(appearance, appearance), to_known))
    scaled = [_in_medians(*part) for part in parts]
    to_labelled = [part[1] for part in scaled if part[1].shape[1] == len(labelled.points_px)]
    nearest = np.mean(to_labelled, axis=0).min(axis=1, initial=np.inf) if to_labelled else None
    return Pool(
        video=np.repeat(np.arange(len(evidence)), [len(one.rows) for one in evidence]),
        frame=np.concatenate([one.frames for one in evidence]),
        labelled=tuple(one.labelled_frames for one in evidence),
        apart=np.mean([part[0] for part in scaled], axis=0),
        nearest=np.full(len(points), np.inf) if nearest is None else nearest,
    )


def _in_medians(
    apart: NDArray[np.float64], to_labelled: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances in units of their median; what is not known is as the median."""
    known = apart[np.isfinite(apart) & ~np.eye(len(apart), dtype=bool)]
    unit = float(np.median(known)) if len(known) else 0.0
    if unit == 0.0:
        unit = 1.0
    inside = np.nan_to_num(apart / unit, nan=1.0)
    np.fill_diagonal(inside, 0.0)
    return inside, np.nan_to_num(to_labelled / unit, nan=1.0)


def _blind(
    evidence: Sequence[Evidence],
    pool: Pool,
    scores: dict[str, NDArray[np.float64]],
    count: int,
    method: str,
    seed: int,
) -> list[Chosen]:
    if method == "random":
        rows, reason = take_random(pool, count, seed), "drawn by chance"
    elif method == "uniform":
        rows, reason = take_spread(pool, count), "far in time from what is labelled"
    else:
        found = [one.pictures for one in evidence if one.pictures is not None]
        if len(found) < len(evidence) or len({f.shape[1] for f in found}) > 1:
            raise CannotChoose("Method 'kmeans' needs pictures of all candidates, of one shape.")
        rows, reason = take_clusters(pool, np.concatenate(found), count, seed), "stands for similar pictures"
        # Pictures that repeat give fewer clusters than asked for; the rest is spread.
        rows += take_spread(pool, count - len(rows), rows)
    return [_chosen(evidence, pool, row, 0.0, (reason,), scores) for row in rows]


def _chosen(
    evidence: Sequence[Evidence],
    pool: Pool,
    row: int,
    score: float,
    reasons: tuple[str, ...],
    scores: dict[str, NDArray[np.float64]],
) -> Chosen:
    number = int(pool.video[row])
    own = row - sum(len(one.rows) for one in evidence[:number])
    return Chosen(
        video=evidence[number].video,
        index=int(pool.frame[row]),
        evidence=number,
        row=int(evidence[number].rows[own]),
        score=score,
        reasons=reasons,
        criteria={name: float(s[row]) for name, s in scores.items() if np.isfinite(s[row])},
    )


def _reasons(
    findings: dict[str, list[Finding]],
    scores: dict[str, NDArray[np.float64]],
    shares: dict[str, NDArray[np.float64]],
    row: int,
    only: str | None,
) -> tuple[str, ...]:
    """The criteria that rank a frame high, the strongest first; at least one if any sees a reason at all."""
    said = [
        (float(shares[name][row]) * CRITERIA[name].weight, name)
        for name, score in scores.items()
        if np.isfinite(score[row]) and score[row] > 0 and only in (None, name)
    ]
    said.sort(reverse=True)
    names = [name for _, name in said if shares[name][row] >= REASON_SHARE][:MAX_REASONS]
    names = names or [name for _, name in said[:1]]
    if not names:
        return ("nothing stands out in it",)
    return tuple(_of_candidate(findings[name], row) for name in names)


def _of_candidate(found: list[Finding], row: int) -> str:
    for one in found:
        if row < len(one.score):
            return one.reason(row)
        row -= len(one.score)
    raise IndexError(row)
