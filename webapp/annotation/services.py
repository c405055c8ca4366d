"""Labels in bulk, and suggested frames. Single changes are in `operations`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

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


def suggestions_start(*, video: Video, count: int, method: str, by: User) -> Job:
    """Queue a search for frames that are worth labelling; with `model`, by the newest model that is ready.

    Raises:
        VideoNotReady: The video has no frames yet.
        BadFrame: A count or method that cannot be.
        NoTrainedModel: No model of the project is ready.
    """
    require(by, video.recording.project, Capability.LABEL)
    if video.state != Video.State.READY:
        raise VideoNotReady(f"{video} is {video.state}; frames can be suggested when it is ready.")
    if method not in METHODS:
        raise BadFrame(f"Unknown method {method[:40]!r}; known: {', '.join(METHODS)}.")
    if not 1 <= count <= min(MAX_SUGGESTIONS, video.frame_count):
        raise BadFrame(f"Ask for 1 to {min(MAX_SUGGESTIONS, video.frame_count)} frames, not {count}.")
    params: dict[str, int | str] = {"video_id": video.pk, "count": count, "method": method}
    if method == BY_MODEL:
        params["model_id"] = _newest_model(video.recording.project)
    return job_start(
        kind=JobKind.VIDEO_SUGGEST,
        project=video.recording.project,
        params=params,
        by=by,
        label=f"Suggest {count} frames of {video}",
    )


@transaction.atomic
def suggestions_add(*, video: Video, found: Iterable[Suggestion]) -> int:
    """Add suggestions and say how many are new; a frame that is suggested already keeps its row."""
    rows = [
        SuggestedFrame(
            video=video,
            frame_index=one.frame_index,
            method=one.method,
            score=one.score,
            reasons=list(one.reasons),
        )
        for one in found
    ]
    before = SuggestedFrame.objects.filter(video=video).count()
    SuggestedFrame.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
    return SuggestedFrame.objects.filter(video=video).count() - before


def _newest_model(project: Project) -> int:
    model = project.pose_models.filter(state="ready").order_by("-created_at", "-pk").first()
    if model is None:
        raise NoTrainedModel("No model of this project is trained yet. Train one, or choose another method.")
    return int(model.pk)


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
