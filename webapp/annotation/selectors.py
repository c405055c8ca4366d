"""Reads of labels. What a user can reach goes through `visible_to`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Min, QuerySet, Sum

from webapp.annotation.keypoints import fitted
from webapp.annotation.models import Instance, Operation, SuggestedFrame
from webapp.projects.models import Project
from webapp.recordings.models import Video


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSummary:
    """How far one labelled frame is."""

    frame_index: int
    placed: int
    total: int
    complete: bool


def label_list(*, video: Video, start: int = 0, stop: int | None = None) -> list[Instance]:
    """Instances of the frames start <= frame < stop, each at the length of the current skeleton."""
    instances = Instance.objects.filter(video=video, frame_index__gte=start, rev__gt=0)
    if stop is not None:
        instances = instances.filter(frame_index__lt=stop)
    length = len(video.recording.project.skeleton.noun)
    found = list(instances.order_by("frame_index", "animal__slot"))
    for instance in found:
        instance.keypoints = fitted(instance.keypoints, length)
    return found


def label_summary(*, video: Video) -> list[FrameSummary]:
    """One line for each frame on which a person has decided something."""
    length = len(video.recording.project.skeleton.noun)
    frames = (
        Instance.objects.filter(video=video, decided_count__gt=0)
        .values("frame_index")
        .annotate(placed=Sum("placed_count"), least=Min("decided_count"), instances=Count("pk"))
        .order_by("frame_index")
    )
    return [
        FrameSummary(
            frame_index=row["frame_index"],
            placed=row["placed"],
            total=length * row["instances"],
            complete=row["least"] >= length,
        )
        for row in frames
    ]


def operation_history(*, video: Video, frame_index: int, limit: int = 1000) -> QuerySet[Operation]:
    """What was done to a frame, newest first."""
    operations = Operation.objects.filter(instance__video=video, instance__frame_index=frame_index)
    return operations.select_related("user", "instance").order_by("-created_at", "-rev")[:limit]


def suggestion_list(*, video: Video) -> list[tuple[SuggestedFrame, bool]]:
    """Suggested frames in time order, each with whether somebody has labelled on it."""
    decided = decided_frames(video=video)
    return [(row, row.frame_index in decided) for row in SuggestedFrame.objects.filter(video=video)]


def decided_frames(*, video: Video) -> set[int]:
    """Frames on which a person decided something, be it that no animal is there."""
    decided = Instance.objects.filter(video=video, decided_count__gt=0)
    return set(decided.values_list("frame_index", flat=True).distinct())


def labelled_frame_counts(*, project: Project) -> dict[str, int]:
    """Frames with at least one placed keypoint, by video; videos are named as in label sets."""
    placed = Instance.objects.filter(video__recording__project=project, placed_count__gt=0)
    rows = placed.values("video__recording__name", "video__view").annotate(
        frames=Count("frame_index", distinct=True)
    )
    return {f"{row['video__recording__name']}/{row['video__view']}": row["frames"] for row in rows}


def placed_instances(*, project: Project) -> QuerySet[Instance]:
    """Instances on which a person decided something, by video and frame; what training and export read."""
    return (
        Instance.objects.filter(video__recording__project=project, decided_count__gt=0)
        .select_related("video__recording", "animal")
        .order_by("video__recording__name", "video__view", "frame_index", "animal__slot")
    )
