"""Wire forms of recordings, videos, uploads and server folders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.urls import reverse
from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.recordings.calibration_schemas import CalibrationInUseOut, UsedCalibrationOut
from webapp.recordings.folders import FolderFile
from webapp.recordings.frames import FRAME_WIDTHS
from webapp.recordings.models import Recording, Upload, Video
from webapp.recordings.names import LONGEST_RECORDING, LONGEST_VIEW
from webapp.recordings.proposals import Outcome
from webapp.recordings.roots import LooksLike
from webapp.recordings.sync import Sync, sync_of
from webapp.recordings.uploads import CHUNK_BYTES

SyncSource = Literal["aligned", "offsets", "table"]


class Strict(Schema):
    """What comes from outside: unknown fields are an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class SourceIn(Strict):
    view: str = Field(default="cam-1", min_length=1, max_length=LONGEST_VIEW)
    path: str = Field(min_length=1, max_length=4096)


class RecordingIn(Strict):
    name: str = Field(min_length=1, max_length=LONGEST_RECORDING)
    sources: list[SourceIn] = Field(min_length=1, max_length=64)


class GroupsIn(Strict):
    recordings: list[RecordingIn] = Field(min_length=1, max_length=2000)


class ProposalIn(Strict):
    """One of the three: a server folder, some server paths, or names of files that are to be uploaded."""

    folder: str | None = Field(default=None, max_length=4096)
    paths: list[str] | None = Field(default=None, min_length=1, max_length=64)
    names: list[str] | None = Field(default=None, min_length=1, max_length=64)


class RenderedIn(Strict):
    path: str = Field(min_length=1, max_length=4096)
    name: str = Field(default="", max_length=LONGEST_RECORDING)


class ViewNameIn(Strict):
    view: str = Field(min_length=1, max_length=LONGEST_VIEW)


class ViewOrderIn(Strict):
    video_ids: list[int] = Field(max_length=64)


class SyncIn(Strict):
    """One of the two, or neither: all views start together."""

    offsets: dict[str, int] | None = Field(
        default=None, description="The tick of each view's first frame; only differences count."
    )
    table: dict[str, Any] | None = Field(
        default=None, description='{"ticks": N, "views": {name: [[first_tick, first_frame, length], ...]}}'
    )


class UploadPlaceIn(Strict):
    """What an uploaded video becomes; nothing said: a recording of its own, called as the file."""

    recording_id: int | None = None
    name: str = Field(default="", max_length=LONGEST_RECORDING)
    view: str = Field(default="", max_length=LONGEST_VIEW)


class RecordingChangeIn(Strict):
    name: str = Field(min_length=1, max_length=LONGEST_RECORDING)


class FolderIn(Strict):
    path: str = Field(min_length=1, max_length=4096)


class UploadIn(Strict):
    filename: str = Field(min_length=1, max_length=255)
    size: int = Field(ge=0, le=2**62)
    purpose: Literal["video", "deeplabcut_zip"]


class VideoOut(Schema):
    """A video; what a player needs is null until `state` is "ready"."""

    id: int
    recording_id: int
    recording_name: str
    view: str
    state: Literal["pending", "ingesting", "ready", "failed"]
    failure: str
    frame_count: int
    width: int
    height: int
    coded_width: int | None
    coded_height: int | None
    fps: float | None
    codec: str | None
    description_base64: str | None
    proxy_url: str | None
    index_url: str | None
    frame_url_template: str | None
    frame_widths: list[int]
    poster_url: str | None
    source_kind: Literal["video", "images"]
    source_names: list[str] | None

    @classmethod
    def of(cls, video: Video, *, names: bool = False) -> VideoOut:
        """The wire form; the file names of an image sequence only where asked, for there can be many."""
        facts = video.proxy_facts
        urls = _urls(video) if video.state == Video.State.READY else {}
        return cls(
            id=video.pk,
            recording_id=video.recording_id,
            recording_name=video.recording.name,
            view=video.view,
            state=video.state,  # type: ignore[arg-type]  # a TextChoices field is a str to the checker
            failure=video.failure,
            frame_count=video.frame_count,
            width=video.width,
            height=video.height,
            coded_width=facts.get("coded_width"),
            coded_height=facts.get("coded_height"),
            fps=video.fps,
            codec=facts.get("codec"),
            description_base64=facts.get("description_base64"),
            proxy_url=urls.get("proxy"),
            index_url=urls.get("index"),
            frame_url_template=urls.get("frame"),
            frame_widths=list(FRAME_WIDTHS),
            poster_url=urls.get("poster"),
            source_kind=video.source_kind,  # type: ignore[arg-type]
            source_names=facts.get("names") if names else None,
        )


class ViewOut(VideoOut):
    """A video as a view of its recording.

    `offset_ticks` is the tick of its frame 0 (below 0 where a table begins with a later frame), null where
    it has gaps or is not on the clock at all. `sync_problem` says why the common clock leaves it out, and
    what to do.
    """

    video_id: int
    offset_ticks: int | None
    sync_problem: str | None

    @classmethod
    def of_view(cls, video: Video, sync: Sync, *, names: bool = False) -> ViewOut:
        return cls(
            **VideoOut.of(video, names=names).model_dump(),
            video_id=video.pk,
            offset_ticks=sync.offset_of(video.view),
            sync_problem=sync.problems.get(video.view),
        )


class SyncOut(Schema):
    """The JSON form of the engine's SyncTable: runs [first_tick, first_frame, length] a view."""

    ticks: int
    views: dict[str, list[tuple[int, int, int]]]


class RecordingOut(Schema):
    id: int
    name: str
    session: str | None
    created_at: datetime
    videos: list[ViewOut]
    sync_source: SyncSource
    ticks: int
    calibration: UsedCalibrationOut | None

    @classmethod
    def of(cls, recording: Recording) -> RecordingOut:
        sync = sync_of(recording)
        return cls(
            id=recording.pk,
            name=recording.name,
            session=recording.session.name if recording.session else None,
            created_at=recording.created_at,
            videos=[ViewOut.of_view(video, sync) for video in recording.videos.all()],
            sync_source=sync.source,
            ticks=sync.ticks,
            calibration=UsedCalibrationOut.of(recording),
        )


class ProjectRefOut(Schema):
    id: int
    name: str
    slug: str


class RecordingDetailOut(Schema):
    """One recording with all that players and the 3D scene need.

    `sync` is always there: where nobody set any, all views start together. `sync_digest` names the runs of
    all views: it is another one when any view is read, joins, leaves, or is placed anew.
    """

    id: int
    name: str
    project: ProjectRefOut
    session: str | None
    created_at: datetime
    views: list[ViewOut]
    sync: SyncOut
    sync_source: SyncSource
    sync_digest: str
    calibration: CalibrationInUseOut | None

    @classmethod
    def of(cls, recording: Recording) -> RecordingDetailOut:
        sync, project = sync_of(recording), recording.project
        return cls(
            id=recording.pk,
            name=recording.name,
            project=ProjectRefOut(id=project.pk, name=project.name, slug=project.slug),
            session=recording.session.name if recording.session else None,
            created_at=recording.created_at,
            views=[ViewOut.of_view(video, sync, names=True) for video in recording.videos.all()],
            sync=SyncOut(**sync.to_dict()),
            sync_source=sync.source,
            sync_digest=sync.digest(sync.runs),
            calibration=CalibrationInUseOut.of(recording),
        )


class RegisteredOut(Schema):
    recording: RecordingOut
    job_ids: list[UUID]


class RenderedOut(RegisteredOut):
    """`missing` names cameras whose video does not lie in the folder."""

    missing: list[str]


class ProposedViewOut(Schema):
    view: str
    path: str
    problem: str | None


class ProposalOut(Schema):
    """One recording as its files' names suggest it; nothing has been done yet."""

    name: str
    views: list[ProposedViewOut]


class GroupOut(Schema):
    """What became of one recording that was asked for."""

    name: str
    recording: RecordingOut | None
    problem: str | None

    @classmethod
    def of(cls, row: Outcome) -> GroupOut:
        recording = RecordingOut.of(row.recording) if row.recording else None
        return cls(name=row.name, recording=recording, problem=row.problem)


class FolderFileOut(Schema):
    """One file of a folder: its recording, or why there is none."""

    file: str
    recording: RecordingOut | None
    problem: str | None

    @classmethod
    def of(cls, row: FolderFile) -> FolderFileOut:
        recording = RecordingOut.of(row.recording) if row.recording else None
        return cls(file=row.file, recording=recording, problem=row.problem)


class EntryOut(Schema):
    name: str
    path: str
    is_dir: bool
    size: int | None
    looks_like: LooksLike | None
    holds_videos: bool


class UploadOut(Schema):
    id: UUID
    filename: str
    size: int
    offset: int
    chunk_size: int
    purpose: Literal["video", "deeplabcut_zip"]
    state: Literal["receiving", "complete"]
    recording_id: int | None
    job_id: UUID | None

    @classmethod
    def of(cls, upload: Upload) -> UploadOut:
        return cls(
            id=upload.pk,
            filename=upload.filename,
            size=upload.size,
            offset=upload.offset,
            chunk_size=CHUNK_BYTES,
            purpose=upload.purpose,  # type: ignore[arg-type]
            state=upload.state,  # type: ignore[arg-type]
            recording_id=upload.recording_id,
            job_id=upload.job_id,
        )


def _urls(video: Video) -> dict[str, str]:
    base = {"video_id": video.pk, "version": video.proxy_version}
    frame = reverse("media-frame", kwargs={**base, "index": 0, "extension": "jpg"})
    return {
        "proxy": reverse("media-proxy", kwargs=base),
        "index": reverse("media-index", kwargs=base),
        "poster": reverse("media-poster", kwargs=base),
        "frame": frame.removesuffix("0.jpg") + "{n}.jpg",
    }
