"""From poses to places on a map and groups: alignment, t-SNE or principal components, k-means."""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.alignment import Placement, in_body, mean_shape, place
from sbea_engine.pose.pose_map.rows import BadPoseMap, PoseRows, enough, known

Floats = NDArray[np.float64]

LEAST_POSES = 10
MAX_POSES = 20_000
MAX_CLUSTERS = 24
SAME_PX = 1e-6
"""Poses whose keypoints spread less than this about their means are the same pose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseMapConfig:
    """How poses are laid out.

    Attributes:
        method: t-SNE, which keeps neighbours together, or the two principal components, which keep distances.
        clusters: Groups that k-means looks for.
        perplexity: Of t-SNE: about how many neighbours count; lowered where there are too few poses.
        seed: The same seed gives the same map.
    """

    method: Literal["tsne", "pca"] = "tsne"
    clusters: int = 8
    perplexity: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in ("tsne", "pca"):
            raise BadPoseMap(f"A map is made by 'tsne' or 'pca', got {self.method!r}.")
        if not 1 <= self.clusters <= MAX_CLUSTERS:
            raise BadPoseMap(f"A map has 1 to {MAX_CLUSTERS} clusters, got {self.clusters}.")
        if not 2 <= self.perplexity <= 1000:
            raise BadPoseMap(f"The perplexity is 2 to 1000, got {self.perplexity}.")
        if not 0 <= self.seed < 2**32:
            raise BadPoseMap(f"The seed is 0 to {2**32 - 1}, got {self.seed}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoseMap:
    """Poses on a map.

    Attributes:
        rows: The poses that are on it; those that say too little are left out.
        left_out: How many those are.
        shape_px: (keypoint, 2), their mean in the body frame, pointing along +x.
        placement: Where each body lies in its picture.
        body_px: (pose, keypoint, 2) in the body frame; what is not known is the mean.
        position: (pose, 2) on the map, about its middle.
        cluster: int64 (pose,) from 0, the largest cluster first.
        to_centre_px: (pose,) root mean square distance of a keypoint from the middle of its cluster.
        warnings: What to beware of, one sentence each.
    """

    rows: PoseRows
    left_out: int
    shape_px: Floats
    placement: Placement
    body_px: Floats
    position: Floats
    cluster: NDArray[np.int64]
    to_centre_px: Floats
    warnings: tuple[str, ...]

    @property
    def cluster_count(self) -> int:
        return int(self.cluster.max()) + 1

    def representatives(self, cluster: int, most: int) -> NDArray[np.intp]:
        """Rows of up to `most` poses near the middle of a cluster, from all over its time.

        Its members are cut into as many stretches of time, and each gives the one that is nearest to the
        middle: neighbours in time would be one picture many times.
        """
        members = np.flatnonzero(self.cluster == cluster)
        stretches = np.array_split(members, min(most, len(members)))
        return np.array([part[self.to_centre_px[part].argmin()] for part in stretches], np.intp)


def lay_out(rows: PoseRows, config: PoseMapConfig) -> PoseMap:
    """Lay poses over their mean without scaling or mirroring, and map and group what is left of them.

    Raises:
        BadPoseMap: Fewer than ten poses have enough keypoints, or all are the same.

    References:
        Alignment: generalised Procrustes, Gower 1975. t-SNE: van der Maaten and Hinton 2008, started from the
        principal components (Kobak and Berens 2019).
    """
    usable = enough(known(rows.points_px))
    kept = rows.select(usable)
    if len(kept) < LEAST_POSES:
        raise BadPoseMap(
            f"{len(kept)} of {len(rows)} poses have enough sure keypoints (half of them, and two); a map "
            f"needs {LEAST_POSES}. Lower the least confidence, or use a skeleton of more keypoints."
        )
    if len(kept) > MAX_POSES:
        raise BadPoseMap(f"A map holds up to {MAX_POSES} poses, got {len(kept)}.")
    shape, placement, body, seen = _aligned(kept)
    features = body[:, seen].reshape(len(kept), -1)
    if float(features.std(axis=0).max()) < SAME_PX:
        raise BadPoseMap(f"All {len(kept)} poses are the same, so there is nothing to map.")
    with _one_thread():
        position, told = _positions(features, config)
        cluster, to_centre, more = _clusters(features, config)
    return PoseMap(
        rows=kept,
        left_out=len(rows) - len(kept),
        shape_px=shape,
        placement=placement,
        body_px=body,
        position=position,
        cluster=cluster,
        to_centre_px=to_centre / np.sqrt(seen.sum()),
        warnings=(*told, *more),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of several threads depend on how many there are, and t-SNE makes other maps of the difference."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def _aligned(rows: PoseRows) -> tuple[Floats, Placement, Floats, NDArray[np.bool_]]:
    """Mean shape, where each body lies, the poses in the body frame, and which keypoints are ever seen."""
    skeleton = rows.skeleton
    axis = skeleton.heading
    heading = None if axis is None else (skeleton.index(axis[0]), skeleton.index(axis[1]))
    shape = mean_shape(rows.points_px, heading)
    there = known(rows.points_px)
    placement = place(shape, rows.points_px, there.astype(np.float64))
    body = in_body(placement, rows.points_px)
    mean = np.where(np.isfinite(shape), shape, 0.0)
    whole: Floats = np.where(there[..., None], body, mean)
    return shape, placement, whole, np.asarray(there.any(axis=0), np.bool_)


def _positions(features: Floats, config: PoseMapConfig) -> tuple[Floats, tuple[str, ...]]:
    components = _principal(features)
    if config.method == "pca":
        return components, ()
    from sklearn.manifold import TSNE

    most = (len(features) - 1) / 3
    perplexity = min(config.perplexity, most)
    start = 1e-4 * components / components[:, 0].std()
    model = TSNE(
        n_components=2, perplexity=perplexity, init=start, learning_rate="auto", random_state=config.seed
    )
    position = np.asarray(model.fit_transform(features.astype(np.float32)), np.float64)
    told = (
        f"Only {len(features)} poses: t-SNE looks at {perplexity:.0f} neighbours instead of "
        f"{config.perplexity:.0f}.",
    )
    return position - position.mean(axis=0), told if perplexity < config.perplexity else ()


def _principal(features: Floats) -> Floats:
    """The first two principal components; their signs are such that the longest entry of each is positive."""
    centred = features - features.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] if len(axes) > 1 else np.vstack([axes, np.zeros_like(axes)])
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    found: Floats = centred @ (axes * np.where(largest < 0, -1.0, 1.0)).T
    return found


def _clusters(features: Floats, config: PoseMapConfig) -> tuple[NDArray[np.int64], Floats, tuple[str, ...]]:
    from sklearn.cluster import KMeans

    distinct = len(np.unique(features.round(6), axis=0))
    count = min(config.clusters, distinct)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")  # fewer distinct poses than clusters is told below
        model = KMeans(n_clusters=count, n_init=4, random_state=config.seed).fit(features)
    sizes = np.bincount(model.labels_, minlength=count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(count)
    to_centre = np.linalg.norm(features - model.cluster_centers_[model.labels_], axis=1)
    told = f"Only {distinct} poses differ, so there are {count} clusters instead of {config.clusters}."
    return rank[model.labels_], to_centre, (told,) if count < config.clusters else ()
