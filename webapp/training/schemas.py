"""Wire forms of models."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.jobs.schemas import JobOut
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest


class TrainingIn(Schema):
    """What a person chooses; unknown fields are an error, not silence."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    preset: Literal["tiny", "fast", "default"] = "default"
    holdout: str = Field(default="last:0.2", max_length=400)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    minutes: float | None = Field(default=None, ge=0.05, le=10_000, allow_inf_nan=False)

    def request(self) -> TrainingRequest:
        return TrainingRequest(**self.model_dump())


class SnapshotOut(Schema):
    id: int
    checksum: str
    frame_count: int
    point_count: int
    created_at: datetime


class WorstFrameOut(Schema):
    video_id: int
    frame_index: int
    mean_px: float


class ModelOut(Schema):
    id: int
    name: str
    state: Literal["training", "ready", "failed", "cancelled"]
    failure: str
    preset: str
    holdout: str
    config: dict[str, Any]
    card: dict[str, Any]
    metrics: dict[str, Any]
    job_id: UUID | None
    keypoints: list[str]
    snapshot: SnapshotOut
    worst: list[WorstFrameOut]
    created_at: datetime

    @classmethod
    def of(cls, model: PoseModel) -> ModelOut:
        error = (model.job.error if model.job else None) or {}
        return cls(
            id=model.pk,
            name=model.name,
            state=model.state,  # type: ignore[arg-type]  # a TextChoices field is a str to the checker
            failure=error.get("message", "") if model.state == PoseModel.State.FAILED else "",
            preset=model.preset,
            holdout=model.holdout,
            config=model.config,
            card=model.card,
            metrics={name: value for name, value in model.metrics.items() if name != "worst"},
            job_id=model.job_id,
            keypoints=model.skeleton.definition["keypoints"],
            snapshot=SnapshotOut.from_orm(model.snapshot),
            worst=[WorstFrameOut(**row) for row in model.metrics.get("worst", [])],
            created_at=model.created_at,
        )


class TrainingOut(Schema):
    model: ModelOut
    job: JobOut
