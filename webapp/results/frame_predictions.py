"""Predictions on suggested frames alone: stored by the job that suggests them, read by the studio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction

from webapp.accounts.models import User
from webapp.annotation.models import SuggestedFrame
from webapp.api.errors import NotFound
from webapp.recordings.models import Video
from webapp.results.models import FramePrediction
from webapp.training.models import PoseModel

MOST_FRAMES = 2000
"""Of one video; older ones go first. Each is a few hundred bytes, and a page reads them all."""

MOST_POINTS = 2000
"""Of one frame: individuals times keypoints. Beyond that a person does not correct by hand."""

Point = tuple[float, float, float]
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedFrame:
    """One frame as a model sees it.

    Attributes:
        points: [individual][keypoint] of x and y in source pixels and the confidence in 0..1; None where the
            model has no answer.
    """

    frame_index: int
    points: Sequence[Sequence[Point | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFrames:
    """What one model says of suggested frames of a video, in time order."""

    model: PoseModel
    individuals: Sequence[str]
    frames: Sequence[PredictedFrame]


@transaction.atomic
def frame_predictions_store(
    *, video: Video, model: PoseModel, individuals: Sequence[str], frames: Iterable[PredictedFrame]
) -> int:
    """Keep what a model says of suggested frames, in place of what was kept of them before.

    Frames that are not suggested (any more) and frames of more than `MOST_POINTS` points are left out.

    Returns:
        How many frames were kept.

    Raises:
        NotFound: The model was deleted meanwhile.
    """
    if not PoseModel.objects.filter(pk=model.pk).exists():
        raise NotFound("model")
    fitting = [frame for frame in frames if sum(map(len, frame.points)) <= MOST_POINTS]
    wanted = [frame.frame_index for frame in fitting]
    suggested = SuggestedFrame.objects.filter(video=video, frame_index__in=wanted)
    ids = dict(suggested.values_list("frame_index", "pk"))
    rows = [
        FramePrediction(
            suggestion_id=ids[frame.frame_index],
            model=model,
            individuals=list(individuals),
            points=[list(animal) for animal in frame.points],
        )
        for frame in fitting
        if frame.frame_index in ids
    ]
    FramePrediction.objects.filter(suggestion__in=ids.values()).delete()
    FramePrediction.objects.bulk_create(rows, batch_size=_BATCH)
    newest = FramePrediction.objects.filter(suggestion__video=video).order_by("-pk")
    surplus = list(newest.values_list("pk", flat=True)[MOST_FRAMES:])
    FramePrediction.objects.filter(pk__in=surplus).delete()
    return len(rows)


def frame_predictions(*, video: Video, visible_to: User) -> list[ModelFrames]:
    """By model, the newest first; nothing of a project that the user is no member of."""
    rows = (
        FramePrediction.objects.filter(suggestion__video=video, model__project__memberships__user=visible_to)
        .select_related("suggestion", "model__skeleton")
        .order_by("-model__created_at", "-model_id", "suggestion__frame_index")
    )
    found = []
    for _, of_model in groupby(rows, key=lambda row: (row.model_id, tuple(row.individuals))):
        own = list(of_model)
        frames = [PredictedFrame(frame_index=row.suggestion.frame_index, points=row.points) for row in own]
        found.append(ModelFrames(model=own[0].model, individuals=own[0].individuals, frames=frames))
    return found
