"""Which frames of a video are worth labelling.

The work is bounded: at most `MAX_CANDIDATES` frames spread over the video are looked at, as small grey
pictures. In a long video they are moved to key frames nearby, which decode at once.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import FrameReader, open_frames
from sbea_engine.video.video_file import VideoReader

Method = Literal["kmeans", "motion", "uniform", "mixed"]

SMALL_SIDE = 40
MAX_CANDIDATES = 1200
CANDIDATES_PER_FRAME = 8
MIN_CANDIDATES = 200
MAX_SEED = 2**32 - 1
SEQUENTIAL_FRAMES = 6000  # up to here decoding all is quick enough not to move to key frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One frame to label.

    Attributes:
        index: Frame, 0-based.
        method: What chose it: "kmeans", "motion" or "uniform".
        score: 0..1. kmeans: share of the looked-at frames that it stands for; motion: change of the picture
            relative to the largest change found; uniform: 0.
    """

    index: int
    method: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Frames looked at: `index` (candidate,), `grey` (candidate, pixel) 0..1, `motion` (candidate,) 0..1."""

    index: NDArray[np.intp]
    grey: NDArray[np.float32]
    motion: NDArray[np.float32]


def suggest_frames(
    path: Path,
    count: int,
    *,
    method: Method = "kmeans",
    seed: int = 0,
    on_progress: OnProgress = ignore,
) -> list[Suggestion]:
    """Choose `count` different frames of `path`, ascending; fewer only where the video has fewer.

    Args:
        path: What `open_frames` reads. A proxy is much faster to look through than most sources.
        count: How many, at most `MAX_CANDIDATES`.
        method: "kmeans" one frame for each cluster of similar pictures; "motion" frames in which much moves,
            apart from one another; "uniform" evenly spread; "mixed" half kmeans, a quarter each the others.
        seed: Of the clustering; the same seed gives the same frames.

    Raises:
        BadInput: `count`, `method` or `seed` is none that exists.
        BadVideo: The source cannot be read.
        Cancelled: From `on_progress`.

    References:
        k-means over downsampled pictures: Mathis et al., DeepLabCut, Nature Neuroscience 21, 2018.
    """
    if method not in get_args(Method):
        raise BadInput(f"method must be one of {', '.join(get_args(Method))}; got {method!r}.")
    if not 1 <= count <= MAX_CANDIDATES:
        raise BadInput(f"count must be 1 to {MAX_CANDIDATES}; got {count}.")
    if not 0 <= seed <= MAX_SEED:
        raise BadInput(f"seed must be 0 to {MAX_SEED}; got {seed}.")
    with open_frames(path) as reader:
        total = reader.info.frame_count
        if count >= total or method == "uniform":
            return _uniform(total, min(count, total), taken=())
        looked_at = _look(reader, _positions(reader, count), on_progress, motion=method != "kmeans")
    chosen: list[Suggestion] = []
    if method in ("kmeans", "mixed"):
        chosen += _kmeans(looked_at, count if method == "kmeans" else (count + 1) // 2, seed)
    if method in ("motion", "mixed"):
        wanted = count if method == "motion" else (count + 3) // 4
        chosen += _motion(looked_at, min(wanted, count - len(chosen)), total, taken=chosen)
    # Alike pictures give fewer clusters than asked for; the rest is spread evenly.
    chosen += _uniform(total, count - len(chosen), taken=[s.index for s in chosen])
    return sorted(chosen, key=lambda s: s.index)


def _positions(reader: FrameReader, count: int) -> NDArray[np.intp]:
    """Frames to look at, evenly spread, at key frames where that saves much; ascending, different."""
    total = reader.info.frame_count
    wanted = min(total, MAX_CANDIDATES, max(MIN_CANDIDATES, CANDIDATES_PER_FRAME * count))
    spread = _spread(total, wanted)
    if total <= SEQUENTIAL_FRAMES or not isinstance(reader, VideoReader):
        return spread
    within = total // wanted // 2
    moved = np.unique([reader.near_key(int(i), within) for i in spread]).astype(np.intp)
    return moved if len(moved) >= count else spread


def _spread(total: int, count: int) -> NDArray[np.intp]:
    """The middles of `count` equal parts of `total` frames."""
    return ((np.arange(count) + 0.5) * total / count).astype(np.intp)


def _look(
    reader: FrameReader, positions: NDArray[np.intp], on_progress: OnProgress, *, motion: bool
) -> _Candidates:
    """Small grey pictures at `positions` and, where asked for, how much changes to the frame after each."""
    last = reader.info.frame_count - 1
    grey, change = [], np.zeros(len(positions), np.float32)
    for row, index in enumerate(positions.tolist()):
        picture = _small_grey(reader.read(index))
        grey.append(picture)
        if motion:
            after = _small_grey(reader.read(index + 1)) if index < last else picture
            change[row] = np.abs(after - picture).mean()
        on_progress(Progress(stage="look through video", done=row + 1, total=len(positions)))
    return _Candidates(index=positions, grey=np.stack(grey), motion=change)


def _small_grey(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Flat grey picture 0..1 whose longer side is `SMALL_SIDE` pixels, each the mean of what it covers."""
    import PIL.Image

    image = PIL.Image.fromarray(rgb).convert("L")
    scale = SMALL_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = np.asarray(image.resize(size, PIL.Image.Resampling.BOX), dtype=np.float32)
    return (small / np.float32(255)).ravel()


def _kmeans(looked_at: _Candidates, count: int, seed: int) -> list[Suggestion]:
    """The frame nearest the centre of each of `count` clusters; fewer where pictures repeat exactly."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    data = looked_at.grey - looked_at.grey.mean(axis=0)  # what never changes tells nothing apart
    count = min(count, len(np.unique(data, axis=0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = MiniBatchKMeans(n_clusters=count, random_state=seed, n_init=3, batch_size=1024).fit(data)
    distance = ((data - model.cluster_centers_[model.labels_]) ** 2).sum(axis=1)
    chosen = []
    for cluster in np.unique(model.labels_):
        members = np.flatnonzero(model.labels_ == cluster)
        nearest = members[distance[members].argmin()]
        share = len(members) / len(data)
        chosen.append(Suggestion(index=int(looked_at.index[nearest]), method="kmeans", score=share))
    return chosen


def _motion(looked_at: _Candidates, count: int, total: int, taken: list[Suggestion]) -> list[Suggestion]:
    """The largest changes first, each at least `spacing` frames from all others and from `taken`.

    The spacing starts at half of the mean distance of `count` frames, and is halved as long as too few fit.
    """
    largest = float(looked_at.motion.max())
    if largest == 0.0:
        return []  # nothing moves
    order = np.argsort(-looked_at.motion, kind="stable")
    spacing = max(1, total // (2 * max(count, 1)))
    chosen: dict[int, Suggestion] = {}
    while len(chosen) < count and spacing >= 1:
        for row in order:
            index, change = int(looked_at.index[row]), float(looked_at.motion[row])
            near = any(abs(index - other) < spacing for other in (*chosen, *(s.index for s in taken)))
            if change > 0 and not near:
                chosen[index] = Suggestion(index=index, method="motion", score=change / largest)
            if len(chosen) == count:
                break
        spacing //= 2
    return list(chosen.values())


def _uniform(total: int, count: int, taken: list[int] | tuple[int, ...]) -> list[Suggestion]:
    """`count` frames evenly spread over those that are not `taken`."""
    free = np.setdiff1d(np.arange(total), np.array(taken, dtype=np.intp))
    return (
        [Suggestion(index=int(free[i]), method="uniform", score=0.0) for i in _spread(len(free), count)]
        if count > 0
        else []
    )
