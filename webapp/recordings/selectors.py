"""Reads of recordings, videos and uploads; every one is limited to what the asker may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from webapp.accounts.capabilities import CAPABILITIES_OF, Capability
from webapp.accounts.models import User
from webapp.api.errors import Forbidden, NotFound
from webapp.projects.models import Project
from webapp.recordings.models import Calibration, Recording, RecordingSession, Upload, Video


def recording_list(*, visible_to: User, project: Project | None = None) -> QuerySet[Recording]:
    """Recordings of the projects that the user is a member of, with their videos."""
    recordings = Recording.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        recordings = recordings.filter(project=project)
    return recordings.select_related("project", "session", "calibration").prefetch_related("videos")


def recording_get(*, pk: int, visible_to: User) -> Recording:
    """One recording; raises `NotFound` where it is not there or not the user's to see."""
    recording = recording_list(visible_to=visible_to).filter(pk=pk).first()
    if recording is None:
        raise NotFound("recording")
    return recording


def recording_session_list(*, visible_to: User, project: Project | None = None) -> QuerySet[RecordingSession]:
    """Recording sessions of the projects that the user is a member of, by name."""
    sessions = RecordingSession.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        sessions = sessions.filter(project=project)
    return sessions.select_related("project").order_by("name", "pk")


def recording_session_get(*, pk: int, visible_to: User) -> RecordingSession:
    """One recording session; raises `NotFound` where it is not there or not the user's to see."""
    session = recording_session_list(visible_to=visible_to).filter(pk=pk).first()
    if session is None:
        raise NotFound("recording session")
    return session


def video_list(*, visible_to: User, project: Project | None = None) -> QuerySet[Video]:
    """Videos of the projects that the user is a member of, in the order of their recordings."""
    videos = Video.objects.filter(recording__project__memberships__user=visible_to)
    if project is not None:
        videos = videos.filter(recording__project=project)
    return videos.select_related("recording__project").order_by("recording__name", "place", "view", "pk")


def video_get(*, pk: int, visible_to: User) -> Video:
    """One video; raises `NotFound` where it is not there or not the user's to see."""
    video = video_list(visible_to=visible_to).filter(pk=pk).first()
    if video is None:
        raise NotFound("video")
    return video


def video_files_get(*, pk: int, visible_to: User) -> Video:
    """`video_get` with no more than the files of a video are found by: a player asks for them at every jump.

    Of the row `state`, `proxy_version` and `frame_count` are read; the recording, with its table of ticks, is
    not.
    """
    videos = Video.objects.filter(recording__project__memberships__user=visible_to, pk=pk)
    video = videos.only("state", "proxy_version", "frame_count").order_by().first()
    if video is None:
        raise NotFound("video")
    return video


def calibration_list(*, visible_to: User, project: Project | None = None) -> QuerySet[Calibration]:
    """Calibrations of the projects that the user is a member of, with the recordings that use them."""
    calibrations = Calibration.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        calibrations = calibrations.filter(project=project)
    return calibrations.select_related("project", "session", "created_by").prefetch_related("recordings")


def calibration_get(*, pk: int, visible_to: User) -> Calibration:
    """One calibration; raises `NotFound` where it is not there or not the user's to see."""
    calibration = calibration_list(visible_to=visible_to).filter(pk=pk).first()
    if calibration is None:
        raise NotFound("calibration")
    return calibration


def calibration_twins(calibration: Calibration, others: Iterable[Calibration]) -> list[str]:
    """Names of those among `others` that hold the very same cameras."""
    return [row.name for row in others if row.digest == calibration.digest and row.pk != calibration.pk]


def upload_get(*, pk: uuid.UUID, visible_to: User) -> Upload:
    """One's own upload, while one is a member; raises `NotFound` otherwise."""
    mine = Upload.objects.filter(pk=pk, user=visible_to, project__memberships__user=visible_to)
    upload = mine.select_related("project").first()
    if upload is None:
        raise NotFound("upload")
    return upload


def manages_data_somewhere(*, user: User) -> None:
    """Raise `Forbidden` unless the user may bring data into at least one project.

    Server folders belong to no project, and their names are nothing for a mere annotator.
    """
    roles = [role for role, allowed in CAPABILITIES_OF.items() if Capability.MANAGE_DATA in allowed]
    if not user.memberships.filter(role__in=roles).exists():
        raise Forbidden("Only people who manage the data of a project can look at server folders.")
