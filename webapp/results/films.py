"""Labelled videos: predictions drawn over their video, to download."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from django.db import transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.jobs.models import Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Video
from webapp.results.errors import BadExport
from webapp.results.models import PoseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRequest:
    """What a person chose of a labelled video.

    Attributes:
        min_confidence: Points below are doubtful.
        doubtful: They are left out, or drawn as rings.
        trail_frames: Frames before the one shown that leave a trail.
        first_frame, last_frame: Both included; to the end where None.
        frame_numbers: Whether each frame's number is written in its corner.
    """

    min_confidence: float
    doubtful: Literal["hide", "hollow"]
    trail_frames: int
    first_frame: int
    last_frame: int | None
    frame_numbers: bool


@transaction.atomic
def film_start(*, result: PoseResult, request: FilmRequest, by: User) -> Job:
    """Queue the drawing of a labelled video; one at a time of each result.

    Raises:
        BadExport: The predictions are not complete, or have no such frames.
        VideoNotReady: The video cannot be read.
        JobAlreadyActive: One is being made of these predictions.
    """
    require(by, result.project, Capability.VIEW)
    if result.state != PoseResult.State.READY:
        raise BadExport(f"These predictions are {result.state}; a video can be made when they are complete.")
    if result.video.state != Video.State.READY:
        raise VideoNotReady(f"{result.video} is {result.video.state}; it can be drawn on when it is ready.")
    last = result.frame_count - 1 if request.last_frame is None else request.last_frame
    if not 0 <= request.first_frame <= last < result.frame_count:
        raise BadExport(
            f"Frames {request.first_frame} to {last} are no range of this video. Its frames are 0 to "
            f"{result.frame_count - 1}."
        )
    if storage.free_bytes() == 0:
        raise BadExport("The server's disk is full. Delete files that nobody needs, then try again.")
    return job_start(
        kind=JobKind.POSE_FILM,
        project=result.project,
        params={
            **asdict(request),
            "last_frame": last,
            "result_id": result.pk,
            "video_id": result.video_id,
        },
        by=by,
        label=f"Labelled video of {result.video} by {result.title}",
        target=f"result:{result.pk}",
    )
