"""Jobs run in this process, and rows that tasks work on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.webapp.factories import MOUSE, owner_of
from tests.webapp.recordings.factories import make_video
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.services import LabelledInstance, labels_write
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings.models import Video


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
