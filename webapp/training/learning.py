"""The held-out errors of a project's models by their amount of labels, and what more labels should bring."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.accounts.models import User
from webapp.projects.models import Project
from webapp.training.models import PoseModel
from webapp.training.selectors import model_list

if TYPE_CHECKING:
    from sbea_engine.pose.learning_curve import Forecast, LearningCurve

MORE_FRAMES = (20, 50)
CURVE_STEPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What so many further labelled frames should bring."""

    more: int
    forecast: Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What two models must share, so that the amount of labels is what differs between them."""

    family: str = ""
    members: int = 1
    backbone: str = ""
    preset: str = ""
    holdout: str = ""
    context_frames: int = 0
    unlabelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLearning:
    """Models that can be held against each other: networks of one kind, trained by the same preset, from the
    start, measured by the same holdout.

    Attributes:
        models: Few labels first.
        left_out: Models with a held-out error that were trained or measured otherwise.
        fit: None where there is not enough to foretell anything from; `reason` then says what is lacking.
        line: The fitted curve from the least amount to as far as it is foretold.
        now: The curve at the largest amount so far.
    """

    kind: Kind
    models: tuple[PoseModel, ...]
    left_out: int
    fit: LearningCurve | None
    line: tuple[Forecast, ...]
    now: Forecast | None
    ahead: tuple[Ahead, ...]
    reason: str


def project_learning(*, project: Project, visible_to: User, like: PoseModel | None = None) -> ProjectLearning:
    """The learning curve of the models that are like this one; without one, of the most that are alike."""
    from sbea_engine.pose.learning_curve import TooFewPoints, fit_learning_curve

    measured = [m for m in model_list(visible_to=visible_to, project=project) if held_out_error(m) > 0]
    kind = _kind(like) if like is not None else _commonest([m for m in measured if not went_on(m)])
    models = sorted(
        (m for m in measured if _kind(m) == kind and not went_on(m)),
        key=lambda m: (m.snapshot.frame_count, m.pk),
    )
    labels = [m.snapshot.frame_count for m in models]
    fit, reason = None, ""
    try:
        fit = fit_learning_curve(labels, [held_out_error(m) for m in models])
    except TooFewPoints as error:
        reason = str(error)
    return ProjectLearning(
        kind=kind,
        models=tuple(models),
        left_out=len(measured) - len(models),
        fit=fit,
        line=() if fit is None else _line(fit, labels),
        now=None if fit is None else fit.forecast(fit.largest),
        ahead=() if fit is None else _ahead(fit),
        reason=reason,
    )


def held_out_error(model: PoseModel) -> float:
    """Mean held-out error of a ready model in pixels; 0 where there is none."""
    figures = model.metrics.get("test") or {}
    error = figures.get("mean_px") if model.state == PoseModel.State.READY else None
    return float(error) if isinstance(error, int | float) and math.isfinite(error) else 0.0


def went_on(model: PoseModel) -> bool:
    """Whether training went on from another model: that says less of its labels, and it is tested on other
    frames than a training that starts anew."""
    return "start_from" in model.config


def _kind(model: PoseModel) -> Kind:
    return Kind(
        family=model.family,
        members=model.members,
        backbone=model.backbone,
        preset=model.preset,
        holdout=model.holdout,
        context_frames=model.context_frames,
        unlabelled=bool(model.unlabelled),
    )


def _commonest(models: Sequence[PoseModel]) -> Kind:
    """Of kinds that are equally common, that of the newest model; models come newest first."""
    found = Counter(_kind(model) for model in models).most_common(1)
    return found[0][0] if found else Kind()


def _line(fit: LearningCurve, labels: Sequence[int]) -> tuple[Forecast, ...]:
    from sbea_engine.pose.learning_curve import MAX_REACH

    low, high = math.log(labels[0]), math.log(MAX_REACH * fit.largest)
    steps = (low + (high - low) * step / (CURVE_STEPS - 1) for step in range(CURVE_STEPS))
    return tuple(fit.forecast(min(math.exp(step), MAX_REACH * fit.largest)) for step in steps)


def _ahead(fit: LearningCurve) -> tuple[Ahead, ...]:
    from sbea_engine.pose.learning_curve import MAX_REACH

    return tuple(
        Ahead(more=more, forecast=fit.forecast(fit.largest + more))
        for more in MORE_FRAMES
        if fit.largest + more <= MAX_REACH * fit.largest
    )
