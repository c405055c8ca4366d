"""Wire forms of labels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.annotation.keypoints import Change, VisibilityName
from webapp.annotation.operations import LabelOperation, Outcome

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Natural = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Visibility = Literal["unlabelled", "visible", "guessed", "absent"]


class Strict(Schema):
    """What comes from outside: unknown fields are an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class KeypointOut(Schema):
    x: float | None
    y: float | None
    visibility: Visibility
    origin: Literal["human", "imported", "demo", "accepted"]
    sigma_px: float | None


class InstanceOut(Schema):
    id: int
    frame_index: int
    animal_id: int
    rev: int
    keypoints: list[KeypointOut]


class FrameSummaryOut(Schema):
    frame_index: int
    placed: int
    total: int
    complete: bool


class LabelSummaryOut(Schema):
    frames: list[FrameSummaryOut]


class ChangeIn(Strict):
    x: Number | None
    y: Number | None
    visibility: Visibility


class OperationIn(Strict):
    uuid: UUID
    frame_index: Natural
    animal_id: Natural
    base_rev: Natural
    keypoint: Natural
    change: ChangeIn
    accepted: Annotated[bool, Field(strict=True, description="Takes over a prediction.")] = False

    def operation(self) -> LabelOperation:
        change = Change(x=self.change.x, y=self.change.y, visibility=VisibilityName(self.change.visibility))
        fields = self.model_dump(exclude={"change"})
        return LabelOperation(change=change, **fields)


class OperationsIn(Strict):
    operations: list[OperationIn] = Field(min_length=1, max_length=500)


class ConflictOut(Schema):
    uuid: UUID
    keypoint: int
    yours: ChangeIn
    theirs: KeypointOut
    rev: int


class OperationResultOut(Schema):
    uuid: UUID
    status: Literal["applied", "duplicate", "conflict", "refused", "skipped"]
    rev: int
    reason: str
    instance: InstanceOut | None

    @classmethod
    def of(cls, outcome: Outcome) -> OperationResultOut:
        instance = InstanceOut.from_orm(outcome.instance) if outcome.instance else None
        return cls(
            uuid=outcome.operation.uuid,
            status=outcome.status.value,
            rev=outcome.rev,
            reason=outcome.reason,
            instance=instance,
        )


class OperationsOut(Schema):
    results: list[OperationResultOut]


class HistoryOut(Schema):
    uuid: UUID
    user: str
    animal_id: int
    keypoint: int
    rev: int
    before: KeypointOut
    after: KeypointOut
    created_at: datetime


class SuggestionsIn(Strict):
    count: int = Field(ge=1, le=1000)
    method: Literal["kmeans", "motion", "uniform", "mixed", "model"] = "kmeans"
    model_id: Annotated[
        int | None, Field(description="Of the method `model`; the newest one that is ready by default.")
    ] = None


class SuggestionOut(Schema):
    frame_index: int
    method: str
    score: Annotated[float, Field(description="0..1, the larger the more worth labelling in its batch.")]
    reasons: list[str]
    labelled: bool
    batch: Annotated[UUID | None, Field(description="The job that proposed it, alike for a whole batch.")]
    created_at: datetime


class DemoLabelsOut(Schema):
    frames: int


class DeepLabCutImportIn(Strict):
    path: str | None = Field(default=None, max_length=4096)
    upload_id: UUID | None = None
