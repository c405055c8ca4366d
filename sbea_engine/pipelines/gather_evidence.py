"""What criteria look at, gathered from models, stores of poses, labels and videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, SyncTable
from sbea_engine.data.labels import BadLabels
from sbea_engine.io.poses3d_store import BadPoses3DStore, Poses3DStore, open_poses3d
from sbea_engine.io.poses_store import BadPosesStore, PosesStore, open_poses
from sbea_engine.pose.calibration import logit_of
from sbea_engine.pose.choosing import Evidence, Labelled
from sbea_engine.pose.choosing.pictures import animal_pictures, whole_picture
from sbea_engine.pose.choosing.shape import body_length
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.factory import PoseModel
from sbea_engine.pose.frames import read_frames
from sbea_engine.pose.recalibration import RecalibratedPose
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.container import is_folder
from sbea_engine.video.fingerprint import fingerprint
from sbea_engine.video.images import list_images
from sbea_engine.video.reader import open_frames

UNSURE_SHARE = 0.5
"""Part of the candidates of a whole video that is taken for low confidence; the rest is evenly spread."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triangulated:
    """3D poses of a rig whose views the videos are, each video named after its camera.

    Attributes:
        store: Folder of 3D poses.
        sync: Which frame each view shows at each tick; None where a tick is a frame.
    """

    store: Path
    sync: SyncTable | None = None


class Gatherer:
    """Makes the evidence of each video, with predictions from stores where there are, else asked for now.

    Args:
        models: Of the same keypoints, and of the same individuals where they tell them apart.
        videos: Where to look.
        labels: With the individuals of the first model, see `of_individuals`; frames without labels have no
            part.
        stores: Poses predicted already, in any order.
        triangulated: 3D poses that tell how far each view is off.

    Raises:
        BadPosesStore: A store is of another video or model, or a video has the poses of some models only.
        BadPoses3DStore: No video is one of its views, or it is of other keypoints or individuals.
    """

    def __init__(
        self,
        models: Sequence[PoseModel],
        videos: Sequence[Path],
        labels: LabelSet,
        *,
        stores: Sequence[Path] = (),
        triangulated: Triangulated | None = None,
    ) -> None:
        self._models, self._videos = models, videos
        self._labels = labels.select(np.flatnonzero(labels.labelled_frames))
        self._stores = _stores_by_video(models, videos, stores)
        self._triangulated = triangulated
        self._poses3d = None if triangulated is None else open_poses3d(triangulated.store)
        if triangulated is not None and self._poses3d is not None:
            _require_views(self._poses3d, triangulated.sync, models[0], videos)

    def gather(self, candidates: int, *, on_progress: OnProgress = ignore) -> list[Evidence]:
        """The evidence of all videos, with about `candidates` candidates in all."""
        labels = self._labels
        body = max(body_length(Labelled(points_px=labels.points_px).poses_px), 1.0)
        # as many pictures as there are of a candidate, where more animals are labelled than a model finds
        shown = labels.points_px[:, : len(self._models[0].individuals_)]
        looks = look_at(labels.frames, shown, body, labels.skeleton, on_progress)[1]
        labelled = Labelled(points_px=labels.points_px, appearance=looks)
        each = max(1, candidates // len(self._videos))
        return [self._of(number, labelled, body, each, on_progress) for number in range(len(self._videos))]

    def _of(
        self, number: int, labelled: Labelled, body_px: float, candidates: int, on_progress: OnProgress
    ) -> Evidence:
        video = self._videos[number]
        name, taken = _labelled_of(video, self._labels)
        found, rows, spread_px = self._predictions(number, candidates, on_progress)
        poses = found[0]
        sources = [FrameSource(video=name, index=int(i), path=video) for i in poses.frames[rows]]
        pictures, appearance = look_at(sources, poses.points_px[rows], body_px, poses.skeleton, on_progress)
        return Evidence(
            video=name,
            poses=poses,
            rows=rows,
            labelled=labelled,
            labelled_frames=taken,
            others=tuple(found[1:]),
            spread_px=spread_px,
            reprojection_px=self._reprojection(video, poses),
            pictures=pictures,
            appearance=appearance,
        )

    def _predictions(
        self, number: int, candidates: int, on_progress: OnProgress
    ) -> tuple[list[Poses], NDArray[np.intp], NDArray[np.float32] | None]:
        """Poses of all models at the same frames, the rows of the candidates among them, and how far the
        members of a single ensemble differ; a store does not hold that."""
        if self._stores[number]:
            found = [store.window() for store in self._stores[number]]
            found = [_first(poses, min(map(len, found))) for poses in found]
            return found, candidate_rows(found[0], candidates), None
        video = self._videos[number]
        with open_frames(video) as reader:
            total = reader.info.frame_count
        frames = [int(i) for i in spread(total, min(total, candidates))]
        rows = np.arange(len(frames), dtype=np.intp)
        if len(self._models) == 1 and (ensemble := _ensemble(self._models[0])) is not None:
            poses, spread_px = _ask_members(self._models[0], ensemble, video, frames, on_progress)
            return [poses], rows, spread_px
        found = [model.predict(video, frames, on_progress=on_progress) for model in self._models]
        return found, rows, None

    def _reprojection(self, video: Path, poses: Poses) -> NDArray[np.float32] | None:
        """(frame, individual, keypoint), rows as `poses`; None where the video is none of the views."""
        store, triangulated = self._poses3d, self._triangulated
        if store is None or triangulated is None or video.stem not in store.views:
            return None
        found = store.window()
        ticks, sync = found.ticks, triangulated.sync
        shown = ticks if sync is None else sync.frames_of(video.stem)[ticks]
        error = np.full(poses.confidence.shape, np.nan, np.float32)
        _, there, here = np.intersect1d(shown, poses.frames, return_indices=True)
        error[here] = found.residual_px[store.views.index(video.stem)][there]
        return error


def _ensemble(model: PoseModel) -> PoseEnsemble | None:
    """What has the members of a model, if it has any."""
    beneath = model.model_ if isinstance(model, RecalibratedPose) else model
    return beneath if isinstance(beneath, PoseEnsemble) else None


def _ask_members(
    model: PoseModel, ensemble: PoseEnsemble, video: Path, frames: Sequence[int], on_progress: OnProgress
) -> tuple[Poses, NDArray[np.float32]]:
    """What `model.predict` says, and the root mean square distance of the members' answers from their mean,
    px (frame, individual, keypoint)."""
    sources = [FrameSource(video=video.stem, index=index, path=video) for index in frames]
    points, confidence, deviation = ensemble.predict_sources_with_spread(sources, on_progress=on_progress)
    if isinstance(model, RecalibratedPose):
        confidence = model.recalibration_.apply(logit_of(confidence).astype(np.float32))
    poses = Poses(
        skeleton=model.skeleton_,
        individuals=model.individuals_,
        frames=np.asarray(frames, dtype=np.int64),
        points_px=points,
        confidence=confidence,
        provenance={"source": video.name, **model.provenance},
    )
    # an ensemble tells the sample's standard deviation of one coordinate, of two
    members = len(ensemble.members_)
    return poses, deviation * np.float32(np.sqrt(2 * (members - 1) / members))


def _stores_by_video(
    models: Sequence[PoseModel], videos: Sequence[Path], stores: Sequence[Path]
) -> list[list[PosesStore]]:
    """For each video the stores of all models, in their order, or none."""
    prints = [fingerprint(video) for video in videos] if stores else []
    weights = [model.provenance["weights_sha256"] for model in models]
    of: dict[tuple[str, str], PosesStore] = {}
    for folder in stores:
        store = open_poses(folder)
        video, model = (str(store.provenance.get(k)) for k in ("video_fingerprint", "weights_sha256"))
        if video not in prints or model not in weights:
            raise BadPosesStore(
                f"{folder}: these poses are of none of the given videos and models. Predict anew, or leave "
                f"the store out."
            )
        if store.frames_done == 0:
            raise BadPosesStore(f"{folder}: holds no frame yet. Finish the prediction, or leave it out.")
        of[video, model] = store
    result: list[list[PosesStore]] = [[] for _ in videos]
    for number, video in enumerate(prints):
        own = [of[video, model] for model in weights if (video, model) in of]
        if own and len(own) < len(models):
            raise BadPosesStore(
                f"{videos[number]}: {len(own)} of {len(models)} models have stored poses. Give the poses of "
                f"all models for a video, or of none."
            )
        result[number] = own
    return result


def _require_views(
    store: Poses3DStore, sync: SyncTable | None, model: PoseModel, videos: Sequence[Path]
) -> None:
    views = {video.stem for video in videos} & set(store.views)
    if not views:
        raise BadPoses3DStore(
            f"The 3D poses are of the views {', '.join(store.views)}; no video is named after one of them."
        )
    if sync is not None and (sync.ticks != store.tick_count or not views <= set(sync.views)):
        raise BadPoses3DStore(
            f"The table of ticks has {sync.ticks} ticks of the views {', '.join(sync.views)}; the 3D poses "
            f"have {store.tick_count}, of {', '.join(store.views)}. Give the table that they were made with."
        )
    if store.skeleton.keypoints != model.skeleton_.keypoints or store.individuals != model.individuals_:
        raise BadPoses3DStore("The 3D poses are of other keypoints or individuals than the model's.")


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


def of_individuals(
    labels: LabelSet, skeleton: Skeleton, individuals: tuple[str, ...], *, told_apart: bool = True
) -> LabelSet:
    """The labels with the model's individuals, in its order; an only one is matched whatever it is called.

    Args:
        told_apart: Whether the model tells individuals apart. If not, their names mean nothing: the animals
            that are labelled on a frame take its first places. Where more individuals are labelled than it
            has places, there are as many as are labelled.

    Raises:
        BadLabels: Of other keypoints, or of an individual that the model does not know though it tells them
            apart.
    """
    if labels.skeleton.keypoints != skeleton.keypoints:
        raise BadLabels(
            f"The model finds {', '.join(skeleton.keypoints)}; the labels are of "
            f"{', '.join(labels.skeleton.keypoints)}. Use labels of the same keypoints in the same order."
        )
    if not told_apart:
        return _in_places(labels, individuals)
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


def _in_places(labels: LabelSet, individuals: tuple[str, ...]) -> LabelSet:
    """The labels with the animals of each frame in its first places, which are one an individual or more."""
    names = individuals if len(labels.individuals) <= len(individuals) else labels.individuals
    shape = (len(labels), len(names), len(labels.skeleton))
    points, visibility = np.full((*shape, 2), np.nan, np.float32), np.full(shape, -1, np.int8)
    nowhere = ~np.isfinite(labels.points_px).all(-1).any(-1)
    order = np.argsort(nowhere, axis=1, kind="stable")
    rows, places = np.arange(len(labels))[:, None], slice(len(labels.individuals))
    points[:, places], visibility[:, places] = labels.points_px[rows, order], labels.visibility[rows, order]
    return replace(labels, individuals=names, points_px=points, visibility=visibility)


def _labelled_of(video: Path, labels: LabelSet) -> tuple[str, NDArray[np.int64]]:
    """What the labels call a video, and which of its frames are labelled."""
    place = video.resolve()
    if is_folder(video):
        order = {image.resolve(): i for i, image in enumerate(list_images(video))}
        inside = [(f, order[f.path.resolve()]) for f in labels.frames if f.path.resolve() in order]
        if inside:
            return inside[0][0].video, np.array(sorted(i for _, i in inside), dtype=np.int64)
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
