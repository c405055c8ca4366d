"""Wire forms of models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.jobs.schemas import JobOut
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest

Points = list[list[list[float] | None]]
"""(individual, keypoint) of [x, y] for labels, [x, y, confidence] for answers; null where there is none."""
LONG_FIGURES = {"worst", "worst_by_keypoint"}


class TrainingIn(Schema):
    """What a person chooses; unknown fields are an error, not silence."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    preset: Literal["tiny", "fast", "default"] | None = None
    holdout: str | None = Field(default=None, max_length=400)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    minutes: float | None = Field(default=None, ge=0.05, le=10_000, allow_inf_nan=False)

    start_from: int | None = Field(
        default=None, description="Model to go on from; preset and holdout are then its own, or left out."
    )

    def request(self) -> TrainingRequest:
        return TrainingRequest(**self.model_dump())


class SnapshotOut(Schema):
    id: int
    checksum: str
    frame_count: int
    point_count: int
    created_at: datetime


class WorstFrameOut(Schema):
    """`labels_px` and `points_px` are what was measured: null in lists, and of models that kept none."""

    video_id: int
    frame_index: int
    mean_px: float
    labels_px: Points | None = None
    points_px: Points | None = None


class WorstPointOut(Schema):
    """Where one keypoint was farthest off."""

    video_id: int
    frame_index: int
    individual: str
    distance_px: float


class ModelOut(Schema):
    id: int
    name: str
    state: Literal["training", "paused", "ready", "failed", "cancelled"]
    failure: str
    preset: str
    holdout: str
    config: dict[str, Any]
    card: dict[str, Any]
    metrics: dict[str, Any]
    job_id: UUID | None
    keypoints: list[str]
    parent_id: int | None
    snapshot: SnapshotOut
    worst: list[WorstFrameOut]
    worst_by_keypoint: dict[str, list[WorstPointOut]]
    created_at: datetime

    @classmethod
    def of(cls, model: PoseModel, *, listed: bool = False) -> ModelOut:
        """`listed` leaves out what only the page of one model shows."""
        error = (model.job.error if model.job else None) or {}
        return cls(
            id=model.pk,
            name=model.name,
            state=_state(model),
            failure=error.get("message", "") if model.state == PoseModel.State.FAILED else "",
            preset=model.preset,
            holdout=model.holdout,
            config=model.config,
            card={
                name: _short(value) if name == "stage_facts" else value for name, value in model.card.items()
            },
            metrics=_short(model.metrics),
            job_id=model.job_id,
            keypoints=model.skeleton.definition["keypoints"],
            parent_id=model.parent_id,
            snapshot=SnapshotOut.from_orm(model.snapshot),
            worst=[WorstFrameOut(**_of_list(row, listed)) for row in model.metrics.get("worst", [])],
            worst_by_keypoint={} if listed else model.metrics.get("worst_by_keypoint", {}),
            created_at=model.created_at,
        )


def _state(model: PoseModel) -> Any:
    """That of the row, which knows nothing of a pause: its job does."""
    resting = model.state == PoseModel.State.TRAINING and model.job is not None and model.job.can_resume
    return "paused" if resting else model.state


def _short(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures, and those of each part, without the frames that have fields of their own."""
    return {
        name: {key: each for key, each in value.items() if key not in LONG_FIGURES}
        if isinstance(value, dict)
        else value
        for name, value in figures.items()
        if name not in LONG_FIGURES
    }


def _of_list(row: Mapping[str, Any], listed: bool) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not (listed and name.endswith("s_px"))}


class TrainingOut(Schema):
    model: ModelOut
    job: JobOut
