"""Wire forms of maps of poses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.urls import reverse
from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.results.maps.selectors import TABLE, Points
from webapp.results.models import PoseMap
from webapp.results.schemas import MADE_BY

MONTAGE = "montage.png"


class PoseMapIn(Schema):
    """What of a map a person may choose."""

    model_config = ConfigDict(extra="forbid")
    clusters: int = Field(default=8, ge=1, le=24)
    min_confidence: float = Field(default=0.5, ge=0, le=1, allow_inf_nan=False)
    colour_by: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(
        default=["speed"], max_length=8
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class PoseMapOut(Schema):
    id: int
    result_id: int
    video_id: int
    recording_name: str
    view: str
    model_name: str
    poses: int
    cluster_sizes: list[int]
    colour_by: list[str]
    warnings: list[str]
    montage_url: str | None
    table_url: str
    created_at: datetime
    job_id: UUID | None
    made_by: Annotated[int | None, Field(description=MADE_BY)]

    @classmethod
    def of(cls, found: PoseMap) -> PoseMapOut:
        def url(name: str) -> str:
            return reverse("media-map", kwargs={"map_id": found.pk, "name": name})

        video = found.result.video
        return cls(
            id=found.pk,
            result_id=found.result_id,
            video_id=video.pk,
            recording_name=video.recording.name,
            view=video.view,
            model_name=found.result.title,
            poses=found.poses,
            cluster_sizes=found.cluster_sizes,
            colour_by=found.request.get("colour_by", []),
            warnings=found.warnings,
            montage_url=url(MONTAGE) if MONTAGE in found.files else None,
            table_url=url(TABLE),
            created_at=found.created_at,
            job_id=found.job_id,
            made_by=found.made_by,
        )


class NumbersOut(Schema):
    """A number for each dot; null where it is not known."""

    name: str
    unit: str
    values: list[float | None]


class PoseMapPointsOut(Schema):
    """Dots by place in the lists; clusters count from 1, the largest first."""

    frame: list[int]
    individual: list[str]
    x: list[float]
    y: list[float]
    cluster: list[int]
    numbers: list[NumbersOut]

    @classmethod
    def of(cls, points: Points) -> PoseMapPointsOut:
        return cls(
            frame=points.frame,
            individual=points.individual,
            x=points.x,
            y=points.y,
            cluster=points.cluster,
            numbers=[
                NumbersOut(name=name, unit=unit, values=values)
                for (name, unit), values in points.numbers.items()
            ],
        )
