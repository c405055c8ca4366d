"""Freezing the labels of a project: what a model learns from, and what its card names.

A snapshot is a folder with one `labels.json`, named by the checksum of its content. Labels go on changing in
the database; the snapshot does not, so a model can always be traced to the exact points it saw. Only labels
of people are in it, and their pixels are not copied: video frames name the source video and frame index,
frames of an image sequence name the source image.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from django.db import IntegrityError, transaction

from sbea_engine.data import FrameSource, LabelSet, Visibility
from webapp.accounts.models import User
from webapp.annotation.engine_labels import VALUE_OF
from webapp.annotation.keypoints import PLACED, fitted
from webapp.annotation.models import Instance
from webapp.annotation.selectors import placed_instances
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.recordings.sync import Runs, sync_of
from webapp.training.errors import TooFewLabels
from webapp.training.models import LabelSnapshot


def label_set(*, project: Project) -> LabelSet:
    """The labels of a project now, as the engine's noun; frames by video name, then frame index.

    Raises:
        PathNotAllowed, VideoNotReady: The pixels of a labelled video cannot be reached any more.
    """
    animals = list(project.animals.order_by("slot"))
    skeleton = project.skeleton.noun
    by_frame: dict[tuple[int, int], list[Instance]] = defaultdict(list)
    videos: dict[int, Video] = {}
    for instance in placed_instances(project=project):
        by_frame[instance.video_id, instance.frame_index].append(instance)
        videos[instance.video_id] = instance.video
    row_of = {animal.pk: row for row, animal in enumerate(animals)}
    shape = (len(by_frame), len(animals), len(skeleton))
    points_px = np.full((*shape, 2), np.nan, np.float32)
    visibility = np.full(shape, Visibility.UNLABELLED, np.int8)
    for frame, instances in enumerate(by_frame.values()):
        for instance in instances:
            for k, keypoint in enumerate(fitted(instance.keypoints, len(skeleton))):
                visibility[frame, row_of[instance.animal_id], k] = VALUE_OF[keypoint["visibility"]]
                if keypoint["visibility"] in PLACED:
                    points_px[frame, row_of[instance.animal_id], k] = keypoint["x"], keypoint["y"]
    return LabelSet(
        skeleton=skeleton,
        individuals=tuple(animal.name for animal in animals),
        frames=tuple(_sources(by_frame, videos)),
        points_px=points_px,
        visibility=visibility,
    )


def snapshot_create(*, project: Project, by: User | None) -> LabelSnapshot:
    """Freeze the labels; the same labels give the same snapshot.

    Frames on which all is absent come along, for a model learns from them what an empty arena looks like; as
    labelled count those with a placed keypoint.

    Raises:
        TooFewLabels: Nobody has placed a keypoint yet.
    """
    labels = label_set(project=project)
    placed = labels.visibility >= Visibility.GUESSED
    frames = int(placed.any(axis=(1, 2)).sum())
    if frames == 0:
        raise TooFewLabels("Nothing is labelled yet. Place keypoints on some frames first.", frames=0)
    storage.media_folder("snapshots").mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=storage.media_folder("snapshots")))
    try:
        file = labels.save(draft)
        checksum = hashlib.sha256(file.read_bytes()).hexdigest()
        folder = storage.snapshot_folder(checksum)
        if not folder.exists():
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _row(project, folder, checksum, frames=frames, points=int(placed.sum()), by=by)


def snapshot_load(*, snapshot: LabelSnapshot) -> LabelSet:
    """Read a snapshot back, refusing one that was changed on disk.

    Raises:
        BadLabels: It is gone or damaged.
        TooFewLabels: Its checksum differs.
    """
    folder = storage.stored_path(snapshot.folder)
    labels = LabelSet.load(folder)
    if hashlib.sha256((folder / "labels.json").read_bytes()).hexdigest() != snapshot.checksum:
        raise TooFewLabels(f"The label snapshot in {folder} was changed after it was made. Train anew.")
    return labels


def video_name(video: Video) -> str:
    """How label sets and model metrics name a video: unique in its project."""
    return f"{video.recording.name}/{video.view}"


def _row(
    project: Project, folder: Path, checksum: str, *, frames: int, points: int, by: User | None
) -> LabelSnapshot:
    try:
        with transaction.atomic():
            snapshot, _ = LabelSnapshot.objects.get_or_create(
                project=project,
                checksum=checksum,
                defaults={
                    "folder": storage.stored_name(folder),
                    "frame_count": frames,
                    "point_count": points,
                    "created_by": by,
                },
            )
    except IntegrityError:  # somebody froze the same labels at the same moment
        snapshot = LabelSnapshot.objects.get(project=project, checksum=checksum)
    return snapshot


def _sources(by_frame: Iterable[tuple[int, int]], videos: dict[int, Video]) -> Iterable[FrameSource]:
    paths = {pk: video_source_path(video=video) for pk, video in videos.items()}
    clocks = _clocks(videos.values())
    for pk, index in by_frame:
        video = videos[pk]
        path = paths[pk]
        if video.source_kind == Video.SourceKind.IMAGES and path.is_dir():
            path = path / video.proxy_facts["names"][index]
        tick = _tick(clocks.get(pk, []), index)
        yield FrameSource(
            video=video_name(video),
            index=index,
            path=path,
            recording=None if tick is None else video.recording.name,
            tick=tick,
        )


def _clocks(videos: Iterable[Video]) -> Mapping[int, Runs]:
    """By video, which frames it shows when beside other views; none of a recording with a single view."""
    recordings = {video.recording_id: video.recording for video in videos}
    found: dict[int, Runs] = {}
    for recording in recordings.values():
        views = list(recording.videos.all())
        if len(views) > 1:
            runs = sync_of(recording).runs
            found |= {video.pk: runs[video.view] for video in views}
    return found


def _tick(runs: Runs, index: int) -> int | None:
    """The tick at which a frame is shown; None for one that never is."""
    shown = (tick + index - frame for tick, frame, length in runs if frame <= index < frame + length)
    return next(shown, None)
