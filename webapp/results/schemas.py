"""Wire forms of predictions and exports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.urls import reverse
from ninja import Schema
from pydantic import ConfigDict, Field

from sbea_engine.io.registry import Format
from webapp.jobs.schemas import JobOut
from webapp.results.exports import (
    LABELS,
    PREDICTIONS,
    export_kinds,
    export_misfit,
    export_title,
)
from webapp.results.frame_predictions import ModelFrames
from webapp.results.models import ExportFile, PoseResult

MADE_BY = "Id of who asked for it, who may delete it; null: not known."


class PredictionIn(Schema):
    model_config = ConfigDict(extra="forbid")
    video_id: int


class PredictionsIn(Schema):
    model_config = ConfigDict(extra="forbid")
    model_id: int


class PoseResultOut(Schema):
    """`model_id` is null of predictions that were brought in; `model_name` then is the file's."""

    id: int
    model_id: int | None
    model_name: str
    video_id: int
    recording_name: str
    state: Literal["running", "ready", "failed"]
    failure: str
    frames_done: int
    frame_count: int
    keypoints: list[str]
    individuals: list[str]
    job_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, result: PoseResult) -> PoseResultOut:
        error = (result.job.error if result.job else None) or {}
        return cls(
            id=result.pk,
            model_id=result.model_id,
            model_name=result.title,
            video_id=result.video_id,
            recording_name=result.video.recording.name,
            state=result.state,  # type: ignore[arg-type]  # a TextChoices field is a str to the checker
            failure=error.get("message", "") if result.state == PoseResult.State.FAILED else "",
            frames_done=result.frames_done,
            frame_count=result.frame_count,
            keypoints=result.keypoints,
            individuals=result.individuals,
            job_id=result.job_id,
            created_at=result.created_at,
        )


class PredictedFrameOut(Schema):
    frame_index: int
    points: Annotated[
        list[list[tuple[float, float, float] | None]],
        Field(description="[individual][keypoint]: x, y in source pixels, confidence; null: no answer."),
    ]


class ModelFramesOut(Schema):
    """What one model says of the suggested frames of a video."""

    model_id: int
    model_name: str
    keypoints: list[str]
    individuals: list[str]
    frames: list[PredictedFrameOut]

    @classmethod
    def of(cls, found: ModelFrames) -> ModelFramesOut:
        return cls(
            model_id=found.model.pk,
            model_name=found.model.name,
            keypoints=found.model.skeleton.definition["keypoints"],
            individuals=list(found.individuals),
            frames=[
                PredictedFrameOut(frame_index=frame.frame_index, points=[list(a) for a in frame.points])
                for frame in found.frames
            ],
        )


class DoubtOut(Schema):
    """Frames first..last, both doubtful; `worst` is the one to look at."""

    first: int
    last: int
    worst: int
    severity: Annotated[float, Field(description="0..1")]
    reasons: list[str]


class DoubtsOut(Schema):
    """Doubtful stretches in time order: the worst ones, of `total` that there are."""

    frames_done: int
    doubtful_frames: int
    total: int
    stretches: list[DoubtOut]


class PredictionOut(Schema):
    result: PoseResultOut
    job: JobOut | None


class ExportIn(Schema):
    model_config = ConfigDict(extra="forbid")
    kind: str = Field(min_length=1, max_length=40)
    result_id: int | None = None


class WritesOut(Schema):
    """An export that can be asked for by `kind`; `misfit` says why not here, and is empty where it can."""

    kind: str
    summary: str
    misfit: str


class FormatOut(Schema):
    """A file format of the field; `reads` says what to hand in to bring its labels, and is empty where that
    cannot be.
    """

    name: str
    title: str
    reads: str
    labels: WritesOut | None
    predictions: WritesOut | None

    @classmethod
    def of(cls, entry: Format, *, individuals: int) -> FormatOut:
        kinds = {kind.what: kind for kind in export_kinds().values() if kind.format is entry}
        written = {
            what: WritesOut(
                kind=kind.name, summary=kind.summary, misfit=export_misfit(kind, individuals=individuals)
            )
            for what, kind in kinds.items()
        }
        return cls(
            name=entry.name,
            title=entry.title,
            reads=entry.place_note if entry.read_labels else "",
            labels=written.get(LABELS),
            predictions=written.get(PREDICTIONS),
        )


class FilmIn(Schema):
    """What of a labelled video a person may choose; frames are included on both ends."""

    model_config = ConfigDict(extra="forbid")
    min_confidence: float = Field(default=0.5, ge=0, le=1, allow_inf_nan=False)
    doubtful: Literal["hide", "hollow"] = "hide"
    trail_frames: int = Field(default=0, ge=0, le=200)
    first_frame: int = Field(default=0, ge=0, le=2**31 - 1)
    last_frame: int | None = Field(default=None, ge=0, le=2**31 - 1)
    frame_numbers: bool = False


class ExportOut(Schema):
    id: int
    kind: str
    title: str
    filename: str
    size_bytes: int
    download_url: str
    job_id: UUID | None
    made_by: Annotated[int | None, Field(description=MADE_BY)]
    created_at: datetime

    @classmethod
    def of(cls, export: ExportFile) -> ExportOut:
        return cls(
            id=export.pk,
            kind=export.kind,
            title=export_title(export.kind),
            filename=export.filename,
            size_bytes=export.size_bytes,
            download_url=reverse("media-export", kwargs={"export_id": export.pk}),
            job_id=export.job_id,
            made_by=export.made_by,
            created_at=export.created_at,
        )


class WindowIn(Schema):
    """A half-open range of frames."""

    start: int = Field(ge=0, le=2**31 - 1)
    stop: int = Field(ge=0, le=2**31 - 1)
