"""Labels change here and nowhere else: one keypoint, one operation, one log entry.

An operation says on which `rev` of the instance its author stood. Being behind is normal (two people label
the same frame, or one was offline) and harmless as long as nobody else touched the same keypoint since; then
it is a conflict and the author decides. An operation that is sent again is recognised by its uuid.

No row is locked: every write is an UPDATE that holds only while `rev` is what was read, and is tried again
otherwise. That is the same on SQLite and PostgreSQL, where `SELECT ... FOR UPDATE` is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.annotation.keypoints import Change, Keypoint, Origin, decided_count, fitted, placed_count
from webapp.annotation.models import Instance, Operation
from webapp.api.errors import TooMany
from webapp.projects.models import Animal
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Video

# Each lost race means that somebody else's write got through, so this many in a row do not happen by chance.
MAX_RACES = 50


class LabelContention(TooMany):
    """Too many others wrote to one instance at the same moment; sending again helps."""

    code = "label_contention"


class OperationStatus(StrEnum):
    """What became of an operation."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    SKIPPED = "skipped"  # came after a conflict in the same request; send it again when that is settled


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOperation:
    """One change of one keypoint, as its author sent it; `accepted` where it takes over a prediction."""

    uuid: UUID
    frame_index: int
    animal_id: int
    base_rev: int
    keypoint: int
    change: Change
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to one operation; `instance` as it is afterwards, None where it was not reached."""

    operation: LabelOperation
    status: OperationStatus
    rev: int = 0
    instance: Instance | None = None
    theirs: Keypoint | None = None
    reason: str = ""


def operations_apply(
    *, video: Video, operations: Sequence[LabelOperation], by: User, origin: Origin = Origin.HUMAN
) -> list[Outcome]:
    """Apply operations in order; each is atomic and durable by itself.

    A refused operation does not stop those after it. A conflict does: they become `skipped`.

    Returns:
        One outcome an operation, in order.

    Raises:
        NotFound, Forbidden: `by` may not label in this project.
        VideoNotReady: The video has no frames yet.
    """
    require(by, video.recording.project, Capability.LABEL)
    if video.state != Video.State.READY:
        raise VideoNotReady(f"{video} is {video.state}; labels can be placed when it is ready.")
    writer = OperationWriter(video=video, by=by, origin=origin)
    outcomes: list[Outcome] = []
    for operation in operations:
        if outcomes and outcomes[-1].status in (OperationStatus.CONFLICT, OperationStatus.SKIPPED):
            outcomes.append(Outcome(operation=operation, status=OperationStatus.SKIPPED))
        else:
            outcomes.append(writer.apply(operation))
    return outcomes


class OperationWriter:
    """Applies operations of one person to one video; reads skeleton and animals once."""

    def __init__(self, *, video: Video, by: User, origin: Origin) -> None:
        project = video.recording.project
        self._video = video
        self._by = by
        self._origin = origin
        self._length = len(project.skeleton.noun)
        self._animals: Mapping[int, Animal] = {animal.pk: animal for animal in project.animals.all()}
        self._own: set[UUID] = set()  # what this request has written: one's own chain is no conflict

    def apply(self, operation: LabelOperation) -> Outcome:
        """Apply one operation, racing fairly with others."""
        fault = self._fault(operation)
        if fault:
            return Outcome(operation=operation, status=OperationStatus.REFUSED, reason=fault)
        for _ in range(MAX_RACES):
            try:
                with transaction.atomic():
                    outcome = self._attempt(operation)
            except IntegrityError:
                continue  # the same instance, or the same uuid, was written in between: look again
            if outcome is not None:
                if outcome.status in (OperationStatus.APPLIED, OperationStatus.DUPLICATE):
                    self._own.add(operation.uuid)
                return outcome
        raise LabelContention("Many people are writing to this frame right now. Send the operation again.")

    def _fault(self, operation: LabelOperation) -> str | None:
        video = self._video
        if not 0 <= operation.frame_index < video.frame_count:
            last = video.frame_count - 1
            return f"Frame {operation.frame_index} does not exist; {video} has frames 0 to {last}."
        if operation.animal_id not in self._animals:
            return f"Animal {operation.animal_id} does not belong to this project."
        if not 0 <= operation.keypoint < self._length:
            return f"Keypoint {operation.keypoint} does not exist; the skeleton has 0 to {self._length - 1}."
        return operation.change.fault(width=video.width, height=video.height)

    def _attempt(self, operation: LabelOperation) -> Outcome | None:
        """One try inside a transaction; None where another write came first."""
        earlier = Operation.objects.select_related("instance").filter(pk=operation.uuid).first()
        if earlier is not None:
            return self._repeated(operation, earlier)
        target = {
            "video": self._video,
            "frame_index": operation.frame_index,
            "animal": self._animals[operation.animal_id],
        }
        instance = Instance.objects.filter(**target).first()
        if operation.base_rev > (instance.rev if instance else 0):
            reason = f"Nothing has rev {operation.base_rev} here yet. Load the frame again."
            return Outcome(operation=operation, status=OperationStatus.REFUSED, reason=reason)
        if instance is None:
            instance = Instance.objects.create(**target)
        keypoints = fitted(instance.keypoints, self._length)
        before = keypoints[operation.keypoint]
        if self._changed_by_others(instance, operation) and not operation.change.is_value_of(before):
            return Outcome(
                operation=operation,
                status=OperationStatus.CONFLICT,
                rev=instance.rev,
                instance=instance,
                theirs=before,
            )
        origin = Origin.ACCEPTED if operation.accepted else self._origin
        keypoints[operation.keypoint] = after = operation.change.keypoint(origin)
        if not self._advance(instance, keypoints):
            return None
        Operation.objects.create(
            uuid=operation.uuid,
            instance=instance,
            user=self._by,
            base_rev=operation.base_rev,
            rev=instance.rev,
            keypoint=operation.keypoint,
            before=before,
            after=after,
        )
        return Outcome(
            operation=operation, status=OperationStatus.APPLIED, rev=instance.rev, instance=instance
        )

    def _repeated(self, operation: LabelOperation, earlier: Operation) -> Outcome:
        instance = earlier.instance
        same = (
            earlier.user_id == self._by.pk
            and instance.video_id == self._video.pk
            and instance.frame_index == operation.frame_index
            and instance.animal_id == operation.animal_id
            and earlier.keypoint == operation.keypoint
            and earlier.base_rev == operation.base_rev
            and operation.change.is_value_of(earlier.after)
        )
        if not same:
            reason = "This uuid already names another operation. Give every operation a uuid of its own."
            return Outcome(operation=operation, status=OperationStatus.REFUSED, reason=reason)
        return Outcome(
            operation=operation, status=OperationStatus.DUPLICATE, rev=earlier.rev, instance=instance
        )

    def _changed_by_others(self, instance: Instance, operation: LabelOperation) -> bool:
        since = Operation.objects.filter(
            instance=instance, rev__gt=operation.base_rev, keypoint=operation.keypoint
        )
        return since.exclude(pk__in=self._own).exists()

    @staticmethod
    def _advance(instance: Instance, keypoints: list[Keypoint]) -> bool:
        """Store the array if the instance is still as it was read; the update is the lock."""
        changed = {
            "rev": instance.rev + 1,
            "keypoints": keypoints,
            "placed_count": placed_count(keypoints),
            "decided_count": decided_count(keypoints),
        }
        if not Instance.objects.filter(pk=instance.pk, rev=instance.rev).update(**changed):
            return False
        for name, value in changed.items():
            setattr(instance, name, value)
        return True
