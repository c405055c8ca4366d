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
from webapp.results.reconstructions.inputs import sync_changed, videos_of
from webapp.results.reconstructions.quality import QualityBin


class ReconstructionIn(Schema):
    model_config = ConfigDict(extra="forbid")
    model_id: int


class InputOut(Schema):
    """A view as it was called when the poses were made; the video may be called otherwise now."""

    view: str
    video_id: int


class BoundsOut(Schema):
    """Corners (x, y, z) of the box that nearly all placed keypoints lie in."""

    min: tuple[float, float, float]
    max: tuple[float, float, float]


class ErrorFigures(Schema):
    """Distances from the truth in mm; of `n` keypoints `missing` have no point."""

    n: int
    missing: int
    median_mm: float | None
    mean_mm: float | None
    p95_mm: float | None


class TruthErrorOut(ErrorFigures):
    """3D error of a rendered recording, on ticks of which nobody labelled a frame for the model.

    The figures themselves are of keypoints that two or more of the views could see; `hidden` of all others.
    `sigma_ratio` is 1 where sigma foretells the error.
    """

    ticks: int
    sigma_ratio: float | None
    hidden: ErrorFigures
    by_keypoint: dict[str, ErrorFigures]


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
    inputs: list[InputOut]
    individuals: list[str]
    skeleton: SkeletonOut
    sync: dict[str, Any]
    sync_changed: bool
    state: Literal["running", "ready", "failed"]
    failure: str
    ticks_done: int
    tick_count: int
    warnings: list[str]
    bounds_mm: BoundsOut | None
    truth_error: TruthErrorOut | None
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
            inputs=[InputOut(view=view, video_id=video.pk) for view, video in videos_of(found).items()],
            individuals=found.individuals,
            skeleton=SkeletonOut.of(found.model.skeleton),
            sync=found.sync,
            sync_changed=sync_changed(found),
            state=found.state,  # type: ignore[arg-type]  # a TextChoices field is a str to the checker
            failure=error.get("message", "") if found.state == Reconstruction.State.FAILED else "",
            ticks_done=found.ticks_done,
            tick_count=found.tick_count,
            warnings=found.warnings,
            bounds_mm=found.bounds_mm,
            truth_error=found.truth_error,
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
