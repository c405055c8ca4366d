"""Wire forms of predictions and exports."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
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
from webapp.results.models import ExportFile, PoseResult


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


class ExportOut(Schema):
    id: int
    kind: str
    title: str
    filename: str
    size_bytes: int
    download_url: str
    job_id: UUID | None
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
            created_at=export.created_at,
        )


class WindowIn(Schema):
    """A half-open range of frames."""

    start: int = Field(ge=0, le=2**31 - 1)
    stop: int = Field(ge=0, le=2**31 - 1)
