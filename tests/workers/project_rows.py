"""Jobs run in this process, and rows that tasks work on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses
from sbea_engine.io.poses_store import write_poses
from tests.webapp.factories import MOUSE, owner_of
from tests.webapp.recordings.factories import make_video
from tests.webapp.results.factories import ready_model
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.services import LabelledInstance, labels_write
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.results.models import PoseResult


def finish(task: Callable[[str], Any], job: Job | None) -> Job:
    """Run the task of a job here and return the job as it is then."""
    assert job is not None
    task(str(job.pk))
    return Job.objects.get(pk=job.pk)


def make_labelled_video(project: Project, *, frames: int = 30, labelled: int = 20) -> Video:
    """A video with the same four keypoints labelled on its first frames."""
    video = make_video(project, frames=frames)
    label_frames(video, range(labelled))
    return video


def label_frames(video: Video, frames: range) -> None:
    """Label the corners of the barcode, which every frame has."""
    animal = video.recording.project.animals.get(slot=0)
    corners = [(16.0, 16.0), (144.0, 16.0), (16.0, 64.0), (144.0, 64.0)][: len(MOUSE)]
    changes = [Change(x=x, y=y, visibility=VisibilityName.VISIBLE) for x, y in corners]
    rows = [LabelledInstance(frame_index=f, animal=animal, changes=changes) for f in frames]
    labels_write(video=video, labels=rows, by=owner_of(video.recording.project), origin=Origin.HUMAN)


def predicted_poses(video: Video, points_px: NDArray[np.floating]) -> PoseResult:
    """Finished predictions of the project's animal, (frame, keypoint, 2); sure of what is there."""
    model = ready_model(video.recording.project)
    animal, frames = model.project.animals.get(), len(points_px)
    result = PoseResult.objects.create(
        project=model.project,
        model=model,
        video=video,
        state=PoseResult.State.READY,
        frame_count=frames,
        frames_done=frames,
        individuals=[animal.name],
    )
    folder = storage.result_folder(result.pk)
    storage.remove_tree(folder)  # of another test: ids come again
    points = points_px.astype(np.float32)[:, None]
    poses = Poses(
        skeleton=model.skeleton.noun,
        individuals=(animal.name,),
        frames=np.arange(frames),
        points_px=points,
        confidence=np.where(np.isfinite(points).all(-1), np.float32(0.9), np.float32(np.nan)),
    )
    write_poses(poses, folder)
    result.folder = storage.stored_name(folder)
    result.save()
    return result
