"""Labels in bulk, and suggested frames. Single changes are in `operations`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.annotation.errors import BadFrame, NoTrainedModel
from webapp.annotation.keypoints import (
    Change,
    Keypoint,
    Origin,
    VisibilityName,
    blank,
    decided_count,
    fitted,
    placed_count,
)
from webapp.annotation.models import Instance, Operation, SuggestedFrame
from webapp.annotation.operations import LabelOperation, OperationStatus, OperationWriter
from webapp.jobs.models import Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Animal, Project
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Video

MAX_SUGGESTIONS = 1000
BY_MODEL = "model"
METHODS = ("kmeans", "motion", "uniform", "mixed", BY_MODEL)
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledInstance:
    """Keypoints of one animal on one frame, in skeleton order."""

    frame_index: int
    animal: Animal
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A frame that is worth labelling, why in words, and what chose it."""

    frame_index: int
    method: str
    score: float
    reasons: Sequence[str] = ()


def labels_write(*, video: Video, labels: Iterable[LabelledInstance], by: User, origin: Origin) -> int:
    """Write labels that came together, with one log entry a keypoint as if each had been placed by hand.

    What a person has already decided on a keypoint stays as it is; only untouched keypoints are filled.

    Returns:
        How many frames got at least one keypoint.
    """
    rows = {(row.frame_index, row.animal.pk): row for row in labels}
    known = Instance.objects.filter(video=video, frame_index__in={frame for frame, _ in rows})
    existing = {
        key: instance
        for instance in known
        if (key := (instance.frame_index, instance.animal_id)) in rows  # not those of other animals
    }
    fresh = [row for key, row in rows.items() if key not in existing]
    touched: set[int] = set()
    with transaction.atomic():
        touched |= _insert(video, fresh, by=by, origin=origin)
        for key, instance in existing.items():
            if _fill(video, instance, rows[key], by=by, origin=origin):
                touched.add(instance.frame_index)
    return len(touched)


def suggestions_start(*, video: Video, count: int, method: str, by: User, model_id: int | None = None) -> Job:
    """Queue a search for frames that are worth labelling.

    Args:
        model_id: Which model is asked, with the method `model`; None for the newest one that is ready.

    Raises:
        VideoNotReady: The video has no frames yet.
        BadFrame: A count or method that cannot be, or a model for a method that asks none.
        NoTrainedModel: The project has no such model, or it is not ready.
    """
    require(by, video.recording.project, Capability.LABEL)
    if video.state != Video.State.READY:
        raise VideoNotReady(f"{video} is {video.state}; frames can be suggested when it is ready.")
    if method not in METHODS:
        raise BadFrame(f"Unknown method {method[:40]!r}; known: {', '.join(METHODS)}.")
    if not 1 <= count <= min(MAX_SUGGESTIONS, video.frame_count):
        raise BadFrame(f"Ask for 1 to {min(MAX_SUGGESTIONS, video.frame_count)} frames, not {count}.")
    if model_id is not None and method != BY_MODEL:
        raise BadFrame(f"Method {method!r} asks no model. Leave model_id out, or choose method {BY_MODEL!r}.")
    params: dict[str, int | str] = {"video_id": video.pk, "count": count, "method": method}
    label = f"Suggest {count} frames of {video}"
    if method == BY_MODEL:
        model = _ready_model(video.recording.project, model_id)
        params["model_id"] = model.pk
        label = f"Ask {model} for {count} frames of {video} to label"
    return job_start(
        kind=JobKind.VIDEO_SUGGEST,
        project=video.recording.project,
        params=params,
        by=by,
        label=label,
    )


@transaction.atomic
def suggestions_add(*, video: Video, found: Iterable[Suggestion], job: Job | None = None) -> int:
    """Add suggestions and say how many are new; one that is there already says what was found last.

    Args:
        job: What found them, by which they are known as a batch.
    """
    rows = [
        SuggestedFrame(
            video=video,
            frame_index=one.frame_index,
            method=one.method,
            score=one.score,
            reasons=list(one.reasons),
            job=job,
        )
        for one in found
    ]
    before = SuggestedFrame.objects.filter(video=video).count()
    SuggestedFrame.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["video", "frame_index"],
        update_fields=["method", "score", "reasons", "job", "created_at"],
    )
    return SuggestedFrame.objects.filter(video=video).count() - before


def _ready_model(project: Project, model_id: int | None) -> Model:
    """The model of that id, or the newest one."""
    models = project.pose_models.filter(state="ready").order_by("-created_at", "-pk")
    model = models.first() if model_id is None else models.filter(pk=model_id).first()
    if model is not None:
        return model
    if model_id is None:
        raise NoTrainedModel("No model of this project is trained yet. Train one, or choose another method.")
    raise NoTrainedModel("This project has no such model that is ready. Choose one that is trained.")


def suggestion_delete(*, video: Video, frame_index: int, by: User) -> None:
    """Take a frame off the list; one that is not on it is no error."""
    require(by, video.recording.project, Capability.LABEL)
    SuggestedFrame.objects.filter(video=video, frame_index=frame_index).delete()


def _insert(video: Video, rows: Sequence[LabelledInstance], *, by: User, origin: Origin) -> set[int]:
    """New instances, whose log starts at rev 1 with their first keypoint."""
    instances: list[Instance] = []
    operations: list[Operation] = []
    for row in rows:
        instance, log = _new_instance(video, row, by=by, origin=origin)
        if log:
            instances.append(instance)
            operations += log
    Instance.objects.bulk_create(instances, batch_size=_BATCH)
    Operation.objects.bulk_create(operations, batch_size=_BATCH)
    return {instance.frame_index for instance in instances}


def _new_instance(
    video: Video, row: LabelledInstance, *, by: User, origin: Origin
) -> tuple[Instance, list[Operation]]:
    keypoints: list[Keypoint] = [blank() for _ in row.changes]
    instance = Instance(video=video, frame_index=row.frame_index, animal=row.animal)
    operations: list[Operation] = []
    for index, change in enumerate(row.changes):
        if change.visibility == VisibilityName.UNLABELLED:
            continue
        before, keypoints[index] = keypoints[index], change.keypoint(origin)
        operations.append(
            Operation(
                uuid=uuid.uuid4(),
                instance=instance,
                user=by,
                base_rev=len(operations),
                rev=len(operations) + 1,
                keypoint=index,
                before=before,
                after=keypoints[index],
            )
        )
    instance.keypoints = keypoints
    instance.rev = len(operations)
    instance.placed_count = placed_count(keypoints)
    instance.decided_count = decided_count(keypoints)
    return instance, operations


def _fill(video: Video, instance: Instance, row: LabelledInstance, *, by: User, origin: Origin) -> bool:
    """Place keypoints that nobody has decided on yet, through the same path as a person's click."""
    writer = OperationWriter(video=video, by=by, origin=origin)
    applied = False
    for index, (now, change) in enumerate(
        zip(fitted(instance.keypoints, len(row.changes)), row.changes, strict=True)
    ):
        if now["visibility"] != VisibilityName.UNLABELLED or change.visibility == VisibilityName.UNLABELLED:
            continue
        operation = LabelOperation(
            uuid=uuid.uuid4(),
            frame_index=instance.frame_index,
            animal_id=instance.animal_id,
            base_rev=instance.rev,
            keypoint=index,
            change=change,
        )
        applied |= writer.apply(operation).status == OperationStatus.APPLIED
    return applied
