"""What to label next: models, labels and videos in, a batch of frames with predictions and reasons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import BadInput
from sbea_engine.io.poses_store import BadPosesStore, PosesStore, open_poses, write_poses
from sbea_engine.pose.choosing import BadEvidence, Chosen, Evidence, Labelled, choose
from sbea_engine.pose.choosing.choose import COMBINED
from sbea_engine.pose.choosing.pictures import animal_pictures, whole_picture
from sbea_engine.pose.choosing.shape import body_length
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.pose.frames import read_frames
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.fingerprint import fingerprint
from sbea_engine.video.reader import open_frames

MAX_CANDIDATES = 600
"""Frames looked at, over all videos; a processor runs a model over so many in half a minute."""

UNSURE_SHARE = 0.5
"""Part of the candidates of a whole video that is taken for low confidence; the rest is evenly spread."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuggestedFrame:
    """A frame that is worth labelling, with what the model says of it.

    Attributes:
        video: As it was given.
        chosen: Index, score and reasons.
        points_px: float32 (individual, keypoint, 2), the first model's prediction, to begin labelling from.
        confidence: float32 (individual, keypoint).
    """

    video: Path
    chosen: Chosen
    points_px: NDArray[np.float32]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suggestions:
    """A batch, the most valuable frame first.

    Attributes:
        skeleton, individuals: Names of the axes of the predictions.
        looked_at: How many frames were candidates.
        provenance: What identifies the model that predicted.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    frames: tuple[SuggestedFrame, ...]
    looked_at: int
    provenance: dict[str, Any]


def suggest_to_label(
    models: Sequence[Path],
    labels: LabelSet,
    videos: Sequence[Path],
    count: int,
    *,
    method: str = COMBINED,
    seed: int = 0,
    stores: Sequence[Path] = (),
    candidates: int = MAX_CANDIDATES,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> Suggestions:
    """Choose frames of videos that are worth labelling next.

    Args:
        models: Folders of trained models; with two or more, their disagreement counts too. The first one's
            predictions are handed back.
        labels: What is labelled so far; its frames are not suggested again.
        videos: Where to look. A video belongs to the labels whose file it is, else to those of its name.
        count: How many frames.
        method: See `sbea_engine.pose.choosing.METHODS`.
        seed: Of methods that draw by chance.
        stores: Poses that these models already predicted for these videos, in any order; each is known by
            the video and the weights that it was made with. A whole video's poses also tell of jumps.
        candidates: How many frames are looked at, over all videos.
        threads: Of torch.

    Raises:
        BadInput: Something is missing, or does not fit the models.
        BadModel: A model cannot be read.
        BadVideo: A video cannot be read.
        Cancelled: From `on_progress`.
    """
    if not models or not videos:
        raise BadInput("Give at least one model and one video.")
    if candidates < count:
        raise BadInput(f"{count} frames cannot be chosen among {candidates}. Look at more frames.")
    loaded = [load(folder, threads=threads) for folder in models]
    _require_alike(loaded, models)
    labels = of_individuals(labels, loaded[0].skeleton_, loaded[0].individuals_)
    known = labels.select(np.flatnonzero(labels.labelled_frames))
    made = _Predictions(loaded, videos, stores)
    body = max(body_length(Labelled(points_px=known.points_px).poses_px), 1.0)
    looks = look_at(known.frames, known.points_px, body, known.skeleton, on_progress)
    labelled = Labelled(points_px=known.points_px, appearance=looks[1])
    evidence = [
        made.evidence(number, labelled, known, body, candidates // len(videos), on_progress)
        for number in range(len(videos))
    ]
    found = choose(evidence, count, method=method, seed=seed)
    return Suggestions(
        skeleton=loaded[0].skeleton_,
        individuals=loaded[0].individuals_,
        frames=tuple(
            SuggestedFrame(
                video=videos[one.evidence],
                chosen=one,
                points_px=evidence[one.evidence].poses.points_px[one.row],
                confidence=evidence[one.evidence].poses.confidence[one.row],
            )
            for one in found
        ),
        looked_at=sum(len(one.rows) for one in evidence),
        provenance=loaded[0].provenance,
    )


def write_predictions(found: Suggestions, folder: Path) -> dict[str, Path]:
    """Write the predictions on the chosen frames as a poses store a video, to begin labelling from.

    Returns:
        Stores by the name of the video.

    Raises:
        BadPosesStore: A place holds something else than a store of poses.
    """
    stores = {}
    for number in sorted({frame.chosen.evidence for frame in found.frames}):
        own = sorted(
            (frame for frame in found.frames if frame.chosen.evidence == number),
            key=lambda frame: frame.chosen.index,
        )
        poses = Poses(
            skeleton=found.skeleton,
            individuals=found.individuals,
            frames=np.array([frame.chosen.index for frame in own], np.int64),
            points_px=np.stack([frame.points_px for frame in own]),
            confidence=np.stack([frame.confidence for frame in own]),
            provenance={"video": own[0].video.name, "chosen": "to be labelled", **found.provenance},
        )
        name = own[0].chosen.video
        stores[name] = write_poses(poses, folder / f"{number}-{Path(name).name}")
    return stores


class _Predictions:
    """What the models say of each video: from stores where there are, else asked for now."""

    def __init__(self, models: Sequence[PoseModel], videos: Sequence[Path], stores: Sequence[Path]) -> None:
        self._models = models
        self._videos = videos
        self._of: dict[tuple[int, int], PosesStore] = {}
        prints = [fingerprint(video) for video in videos] if stores else []
        weights = [model.provenance["weights_sha256"] for model in models]
        for folder in stores:
            store = open_poses(folder)
            facts = store.provenance
            if facts.get("video_fingerprint") not in prints or facts.get("weights_sha256") not in weights:
                raise BadPosesStore(
                    f"{folder}: these poses are of none of the given videos and models. Predict anew, or "
                    f"leave the store out."
                )
            place = prints.index(facts["video_fingerprint"]), weights.index(facts["weights_sha256"])
            self._of[place] = store

    def evidence(
        self,
        number: int,
        labelled: Labelled,
        known: LabelSet,
        body_px: float,
        candidates: int,
        on_progress: OnProgress,
    ) -> Evidence:
        """Poses of all models at the same frames, and pictures of the candidates."""
        video = self._videos[number]
        name, taken = _labelled_of(video, known)
        whole = self._whole(number)
        if whole:
            rows = candidate_rows(whole[0], candidates)
        else:
            with open_frames(video) as reader:
                total = reader.info.frame_count
            frames = spread(total, min(total, candidates))
            whole = [self._now(m, video, frames, on_progress) for m in range(len(self._models))]
            rows = np.arange(len(frames))
        poses = whole[0]
        sources = [FrameSource(video=name, index=int(i), path=video) for i in poses.frames[rows]]
        pictures, appearance = look_at(sources, poses.points_px[rows], body_px, poses.skeleton, on_progress)
        return Evidence(
            video=name,
            poses=poses,
            rows=rows,
            labelled=labelled,
            labelled_frames=taken,
            others=tuple(whole[1:]),
            pictures=pictures,
            appearance=appearance,
        )

    def _whole(self, number: int) -> list[Poses]:
        """Stored poses of a video, at the frames that all models have; none where a model has no store."""
        places = [(number, model) for model in range(len(self._models))]
        if not all(place in self._of for place in places):
            return []
        found = [self._of[place].window() for place in places]
        least = min(len(poses) for poses in found)
        return [_first(poses, least) for poses in found]

    def _now(self, model: int, video: Path, frames: NDArray[np.int64], on_progress: OnProgress) -> Poses:
        return self._models[model].predict(video, [int(i) for i in frames], on_progress=on_progress)


def look_at(
    sources: Sequence[FrameSource],
    points_px: NDArray[np.float32],
    body_px: float,
    skeleton: Skeleton,
    on_progress: OnProgress = ignore,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Small pictures by which frames are compared.

    Args:
        sources: One a frame.
        points_px: (frame, individual, keypoint, 2), where the animals are.

    Returns:
        (frame, pixel) of whole frames, zeros where frames differ in shape; (frame, feature) of the animals.
    """
    whole: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(sources)
    animals: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(sources)
    for done, (row, pixels) in enumerate(read_frames(sources), start=1):
        whole[row] = whole_picture(pixels)
        animals[row] = animal_pictures(pixels, points_px[row], body_px, skeleton)
        on_progress(Progress(stage="look at frames", done=done, total=len(sources)))
    size = min((len(picture) for picture in whole), default=0)
    alike = all(len(picture) == size for picture in whole)
    return (
        np.array(whole if alike else np.zeros((len(sources), 0)), np.float32).reshape(len(sources), -1),
        np.array(animals, np.float32).reshape(len(sources), -1),
    )


def candidate_rows(poses: Poses, count: int) -> NDArray[np.intp]:
    """Rows of a whole video that are looked at: some evenly spread, some of its least sure stretches.

    Of the least sure, the least sure frame of each equal part of the video is taken.
    """
    total = len(poses)
    if total <= count:
        return np.arange(total, dtype=np.intp)
    parts = max(1, int(count * UNSURE_SHARE))
    sure = np.nan_to_num(poses.confidence, nan=0.0).reshape(total, -1).mean(axis=1)
    lowest = [int(part[sure[part].argmin()]) for part in np.array_split(np.arange(total), parts)]
    return np.union1d(lowest, spread(total, count - parts)).astype(np.intp)


def spread(total: int, count: int) -> NDArray[np.int64]:
    """The middles of `count` equal parts of `total` frames."""
    return ((np.arange(count) + 0.5) * total / max(count, 1)).astype(np.int64)


def of_individuals(labels: LabelSet, skeleton: Skeleton, individuals: tuple[str, ...]) -> LabelSet:
    """The labels with the model's individuals, in its order; an only one is matched whatever it is called.

    Raises:
        BadLabels: Of other keypoints, or of an individual that the model does not know.
    """
    if labels.skeleton.keypoints != skeleton.keypoints:
        raise BadLabels(
            f"The model finds {', '.join(skeleton.keypoints)}; the labels are of "
            f"{', '.join(labels.skeleton.keypoints)}. Use labels of the same keypoints in the same order."
        )
    if labels.individuals == individuals or len(labels.individuals) == len(individuals) == 1:
        return replace(labels, individuals=individuals)
    unknown = [name for name in labels.individuals if name not in individuals]
    if unknown:
        raise BadLabels(
            f"The model finds {', '.join(individuals)}; the labels are also of {', '.join(unknown)}. Give "
            f"each individual the name that the model was trained with."
        )
    shape = (len(labels), len(individuals), len(skeleton))
    points, visibility = np.full((*shape, 2), np.nan, np.float32), np.full(shape, -1, np.int8)
    at = [individuals.index(name) for name in labels.individuals]
    points[:, at], visibility[:, at] = labels.points_px, labels.visibility
    return replace(labels, individuals=individuals, points_px=points, visibility=visibility)


def _labelled_of(video: Path, labels: LabelSet) -> tuple[str, NDArray[np.int64]]:
    """What the labels call a video, and which of its frames are labelled."""
    place = video.resolve()
    own = [f for f in labels.frames if f.path.resolve() == place]
    name = own[0].video if own else video.stem
    taken = [int(f.index) for f in labels.frames if f.video == name]
    return name, np.array(sorted(taken), dtype=np.int64)


def _first(poses: Poses, count: int) -> Poses:
    if len(poses) == count:
        return poses
    return replace(
        poses,
        frames=poses.frames[:count],
        points_px=poses.points_px[:count],
        confidence=poses.confidence[:count],
    )


def _require_alike(models: Sequence[PoseModel], folders: Sequence[Path]) -> None:
    for model, folder in zip(models, folders, strict=True):
        first = models[0]
        same = model.skeleton_.keypoints == first.skeleton_.keypoints
        if not same or model.individuals_ != first.individuals_:
            raise BadEvidence(
                f"{folder} finds other keypoints or individuals than {folders[0]}. Only models of the same "
                f"labels can be compared."
            )
