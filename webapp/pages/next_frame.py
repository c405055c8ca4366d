"""Where labelling goes on."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, F, OuterRef

from webapp.accounts.models import User
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.projects.models import Project
from webapp.recordings.models import Video
from webapp.recordings.selectors import video_list


class Place(NamedTuple):
    """A frame of a video."""

    video_id: int
    frame_index: int


def frame_to_label(*, project: Project, user: User) -> Place | None:
    """The first suggested frame without labels, of what was found last; else where labels are already, else
    the first video.

    None where the project has no video that can be opened.
    """
    videos = video_list(visible_to=user).filter(recording__project=project, state=Video.State.READY)
    labelled = Instance.objects.filter(video=OuterRef("video"), frame_index=OuterRef("frame_index"))
    waiting = (
        SuggestedFrame.objects.filter(video__in=videos)
        .exclude(Exists(labelled))
        .order_by(F("job__created_at").desc(nulls_last=True), "video_id", "frame_index")
        .values_list("video_id", "frame_index")
        .first()
    )
    if waiting is not None:
        return Place(*waiting)
    last = (
        Instance.objects.filter(video__in=videos)
        .order_by("-pk")
        .values_list("video_id", "frame_index")
        .first()
    )
    if last is not None:
        return Place(*last)
    first = videos.order_by("recording__name", "pk").values_list("pk", flat=True).first()
    return None if first is None else Place(first, 0)
