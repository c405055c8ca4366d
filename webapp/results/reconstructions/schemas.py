"""Wire forms of reconstructions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict

from webapp.jobs.schemas import JobOut
from webapp.projects.schemas import SkeletonOut
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.quality import QualityBin


class ReconstructionIn(Schema):
    model_config = ConfigDict(extra="forbid")
    model_id: int


class ReconstructionOut(Schema):
    id: int
    project_id: int
    recording_id: int
    recording_name: str
    model_id: int
    model_name: str
    calibration_id: int
    calibration_name: str
    views: list[str]
    individuals: list[str]
    skeleton: SkeletonOut
    sync: dict[str, Any]
    state: Literal["running", "ready", "failed"]
    failure: str
    ticks_done: int
    tick_count: int
    job_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, found: Reconstruction) -> ReconstructionOut:
        error: dict[str, Any] = (found.job.error if found.job else None) or {}
        return cls(
            id=found.pk,
            project_id=found.project_id,
            recording_id=found.recording_id,
            recording_name=found.recording.name,
            model_id=found.model_id,
            model_name=found.model.name,
            calibration_id=found.calibration_id,
            calibration_name=found.calibration.name,
            views=found.views,
            individuals=found.individuals,
            skeleton=SkeletonOut.of(found.model.skeleton),
            sync=found.sync,
            state=found.state,  # type: ignore[arg-type]  # a TextChoices field is a str to the checker
            failure=error.get("message", "") if found.state == Reconstruction.State.FAILED else "",
            ticks_done=found.ticks_done,
            tick_count=found.tick_count,
            job_id=found.job_id,
            created_at=found.created_at,
        )


class ReconstructionStarted(Schema):
    reconstruction: ReconstructionOut
    job: JobOut | None


class QualityOut(Schema):
    """Quality along the recording; `bins` follow one another without gaps up to `ticks_done`."""

    ticks_done: int
    tick_count: int
    views: list[str]
    bins: list[QualityBin]
