"""Wire forms of learning curves and comparisons."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from ninja import Schema

from webapp.training.comparisons import ModelComparison
from webapp.training.families import family_title
from webapp.training.learning import ProjectLearning, held_out_error
from webapp.training.models import PoseModel
from webapp.training.schemas import Points

if TYPE_CHECKING:
    from sbea_engine.pose.comparison import FrameDifference
    from sbea_engine.pose.heldout import HeldOut
    from sbea_engine.pose.learning_curve import Forecast

SHOWN_FRAMES = 12


class ForecastOut(Schema):
    """`low_px` to `high_px`: where a model that is measured there would lie nine times in ten."""

    labels: float
    error_px: float
    low_px: float
    high_px: float

    @classmethod
    def made_of(cls, forecast: Forecast) -> ForecastOut:
        return cls(**asdict(forecast))


class AheadOut(Schema):
    more: int
    forecast: ForecastOut


class PowerLawOut(Schema):
    """error = a_px + b_px * labels ** -c; `noise` is how far one model strays, as a share."""

    a_px: float
    b_px: float
    c: float
    noise: float


class MeasuredModelOut(Schema):
    model_id: int
    name: str
    labels: int
    error_px: float
    points: int

    @classmethod
    def made_of(cls, model: PoseModel) -> MeasuredModelOut:
        return cls(
            model_id=model.pk,
            name=model.name,
            labels=model.snapshot.frame_count,
            error_px=held_out_error(model),
            points=model.metrics["test"].get("n", 0),
        )


class LearningOut(Schema):
    """`fit`, `line`, `now` and `ahead` are there or not together; `reason` says what is lacking."""

    family_title: str
    members: int
    context_frames: int
    unlabelled: bool
    preset: str
    holdout: str
    models: list[MeasuredModelOut]
    left_out: int
    fit: PowerLawOut | None
    line: list[ForecastOut]
    now: ForecastOut | None
    ahead: list[AheadOut]
    reason: str

    @classmethod
    def made_of(cls, found: ProjectLearning) -> LearningOut:
        fit = found.fit
        return cls(
            family_title=family_title(found.kind.family),
            members=found.kind.members,
            context_frames=found.kind.context_frames,
            unlabelled=found.kind.unlabelled,
            preset=found.kind.preset,
            holdout=found.kind.holdout,
            models=[MeasuredModelOut.made_of(model) for model in found.models],
            left_out=found.left_out,
            fit=None if fit is None else PowerLawOut(a_px=fit.a_px, b_px=fit.b_px, c=fit.c, noise=fit.noise),
            line=[ForecastOut.made_of(one) for one in found.line],
            now=None if found.now is None else ForecastOut.made_of(found.now),
            ahead=[AheadOut(more=a.more, forecast=ForecastOut.made_of(a.forecast)) for a in found.ahead],
            reason=found.reason,
        )


class DifferenceOut(Schema):
    """`difference_px` is second - first; its 95 % interval is null where too few moments are there."""

    n: int
    first_px: float | None
    second_px: float | None
    difference_px: float | None
    low_px: float | None
    high_px: float | None
    first_missing: int
    second_missing: int


class KeypointDifferenceOut(DifferenceOut):
    keypoint: str


class ComparedModelOut(Schema):
    id: int
    name: str
    labels: int


class ComparedFrameOut(Schema):
    """A frame with the label and both answers, individuals by name as each model has them."""

    video_id: int
    frame_index: int
    first_px: float
    second_px: float
    labels_px: Points
    first_points_px: Points
    second_points_px: Points


class ComparisonOut(Schema):
    """The older model is the first. `worst` are the frames on which they differ most."""

    first: ComparedModelOut
    second: ComparedModelOut
    frames: int
    blocks: int
    labels_changed: int
    overall: DifferenceOut
    by_keypoint: list[KeypointDifferenceOut]
    differ_most: list[ComparedFrameOut]

    @classmethod
    def made_of(cls, found: ModelComparison) -> ComparisonOut:
        figures = found.figures
        shown = [one for one in figures.frames if one.frame.video in found.video_ids][:SHOWN_FRAMES]
        return cls(
            first=_compared(found.first),
            second=_compared(found.second),
            frames=len(figures.frames),
            blocks=figures.blocks,
            labels_changed=figures.labels_changed,
            overall=DifferenceOut(**asdict(figures.overall)),
            by_keypoint=[
                KeypointDifferenceOut(keypoint=name, **asdict(one))
                for name, one in figures.by_keypoint.items()
            ],
            differ_most=[_compared_frame(found, one) for one in shown],
        )


def _compared(model: PoseModel) -> ComparedModelOut:
    return ComparedModelOut(id=model.pk, name=model.name, labels=model.snapshot.frame_count)


def _compared_frame(found: ModelComparison, one: FrameDifference) -> ComparedFrameOut:
    second = found.second_answers
    return ComparedFrameOut(
        video_id=found.video_ids[one.frame.video],
        frame_index=one.frame.index,
        first_px=one.first_px,
        second_px=one.second_px,
        labels_px=_listed(second.labels_px[one.second_row]),
        first_points_px=_answers(found.first_answers, one.first_row),
        second_points_px=_answers(second, one.second_row),
    )


def _answers(held_out: HeldOut, row: int) -> Points:
    confidence = held_out.confidence[row][..., None]
    return _listed(np.concatenate([held_out.points_px[row], np.nan_to_num(confidence)], axis=-1))


def _listed(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Points:
    """(individual, keypoint, value) as lists."""
    return [
        [point.tolist() if np.isfinite(point).all() else None for point in individual]
        for individual in points
    ]
