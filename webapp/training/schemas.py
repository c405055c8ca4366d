"""Wire forms of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.jobs.schemas import JobOut
from webapp.projects.models import Project
from webapp.training.beside_labels import MOST_UNLABELLED, context_misfit, unlabelled_choices
from webapp.training.families import (
    AUTO,
    MOST_MEMBERS,
    FamilyOption,
    default_family,
    family_options,
    family_title,
    members_options,
)
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest
from webapp.training.warm_start import VIDEO_IDS

Points = list[list[list[float] | None]]
"""(individual, keypoint) of [x, y] for labels, [x, y, confidence] for answers; null where there is none."""
LONG_FIGURES = {"worst", "worst_by_keypoint", "suspects"}


class TrainingIn(Schema):
    """What a person chooses; unknown fields are an error, not silence.

    Without a family it is the one that suits the project. `backbone` is a name, of the options.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=200)
    preset: Literal["tiny", "fast", "default"] | None = None
    holdout: str | None = Field(default=None, max_length=400)
    family: str = Field(default="", max_length=40)
    members: int = Field(default=1, ge=1, le=MOST_MEMBERS)
    backbone: str = Field(default=AUTO, min_length=1, max_length=200)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    minutes: float | None = Field(default=None, ge=0.05, le=10_000, allow_inf_nan=False)
    context_frames: Literal[0, 2] = Field(
        default=0, description="Frames before and after each that the network sees too."
    )
    unlabelled: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], max_length=MOST_UNLABELLED, description="Videos to look at without labels, by name."
    )
    start_from: int | None = Field(
        default=None, description="Model to go on from; preset and holdout are then its own, or left out."
    )

    def request(self) -> TrainingRequest:
        return TrainingRequest(**{**self.model_dump(), "unlabelled": tuple(self.unlabelled)})


class BackboneOut(Schema):
    name: str
    title: str
    summary: str


class FamilyOut(Schema):
    """A family of models; `misfit` says why it cannot be chosen here, and is empty where it can.

    `temporal_context`: it can see the frames before and after; `uses_unlabelled`: it can learn from video
    without labels.
    """

    name: str
    title: str
    summary: str
    misfit: str
    most_members: int
    backbones: list[BackboneOut]
    temporal_context: bool
    uses_unlabelled: bool

    @classmethod
    def of(cls, option: FamilyOption) -> FamilyOut:
        facts = option.facts
        return cls(
            name=facts.name,
            title=facts.title,
            summary=facts.summary,
            misfit=option.misfit,
            most_members=option.most_members,
            backbones=[BackboneOut(**asdict(found)) for found in option.backbones],
            temporal_context=facts.temporal_context,
            uses_unlabelled=facts.uses_unlabelled,
        )


class MembersOut(Schema):
    """What so many networks cost: `times` the work of one; each learns from `share_seen` of the labels."""

    members: int
    times: int
    share_seen: float
    frames_needed: int


class TrainingOptionsOut(Schema):
    """What can be chosen for a training in this project; `family` is the one that suits it.

    `unlabelled` names the videos that it could look at without labels, of which it takes `most_unlabelled`;
    `context_misfit` says why none can see the frames before and after, and is empty where one can.
    """

    family: str
    families: list[FamilyOut]
    members: list[MembersOut]
    unlabelled: list[str]
    most_unlabelled: int
    context_misfit: str
    animals: int
    animals_look_alike: bool

    @classmethod
    def of(cls, project: Project) -> TrainingOptionsOut:
        return cls(
            family=default_family(project),
            families=[FamilyOut.of(option) for option in family_options(project)],
            members=[MembersOut(**asdict(option)) for option in members_options()],
            unlabelled=unlabelled_choices(project),
            most_unlabelled=MOST_UNLABELLED,
            context_misfit=context_misfit(project),
            animals=project.animals.count(),
            animals_look_alike=project.animals_look_alike,
        )


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


class SuspectOut(Schema):
    """A held-out label that the model, which had not seen it, is sure to find elsewhere.

    `distance_px` is null where a person said that there is nothing.
    """

    video_id: int
    frame_index: int
    individual: str
    keypoints: list[str]
    distance_px: float | None
    confidence: float
    kind: Literal["left/right swapped", "far from the answer", "absent but found"]


class SuspectsOut(Schema):
    """The first of them, how many there are in all, and each kind of fault in a sentence."""

    labels: list[SuspectOut]
    total: int
    words: list[str]


class ModelOut(Schema):
    id: int
    name: str
    state: Literal["training", "paused", "ready", "failed", "cancelled"]
    failure: str
    family: str
    family_title: str
    members: int
    context_frames: int
    unlabelled: bool
    backbone: str
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
    suspects: SuspectsOut | None
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
            family=model.family,
            family_title=family_title(model.family),
            members=model.members,
            context_frames=model.context_frames,
            unlabelled=bool(model.unlabelled),
            backbone=model.backbone,
            preset=model.preset,
            holdout=model.holdout,
            config=model.config,
            card={
                name: _short(value) if name == "stage_facts" else value
                for name, value in model.card.items()
                if name != VIDEO_IDS
            },
            metrics=_short(model.metrics),
            job_id=model.job_id,
            keypoints=model.skeleton.definition["keypoints"],
            parent_id=model.parent_id,
            snapshot=SnapshotOut.from_orm(model.snapshot),
            worst=[WorstFrameOut(**_of_list(row, listed)) for row in model.metrics.get("worst", [])],
            worst_by_keypoint={} if listed else model.metrics.get("worst_by_keypoint", {}),
            suspects=None if listed else _suspects(model),
            created_at=model.created_at,
        )


def _suspects(model: PoseModel) -> SuspectsOut | None:
    found = model.metrics.get("suspects")
    return None if found is None else SuspectsOut(**found)


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
