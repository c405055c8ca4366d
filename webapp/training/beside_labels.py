"""What a network may see beside the labelled frames: those around each, or clips of unlabelled video.

Videos are named as label sets name them. A training that has not ended keeps recordings from being renamed or
deleted; one that is tried again later finds out by their ids whether a name still means the same video.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sbea_engine.pose.consistency_config import CLIP_FRAMES
from sbea_engine.pose.families import FAMILY_FACTS, FamilyFacts
from webapp.annotation.selectors import labelled_frame_counts
from webapp.projects.models import Project
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.training.errors import BadTraining
from webapp.training.families import family_options

CONTEXTS = (0, 2)
MOST_UNLABELLED = 32
"""All of them are open at once while clips are read."""
POSE_WEIGHT = 1.0
"""Of the term that helped on every recording it was measured on (docs/science/pose-consistency.md)."""


def unlabelled_choices(project: Project, *, held_out: Collection[str] = ()) -> list[str]:
    """Videos that a training can look at without labels: ready, long enough, not held out, with frames of the
    size of those that it learns from; by name. Of several that are one file only the first."""
    labelled = labelled_frame_counts(project=project).keys() - set(held_out)
    videos = {name: video for name, video in _ready(project).items() if name not in held_out}
    sizes = {(video.width, video.height) for name, video in videos.items() if name in labelled}
    able = {
        name: video.source_path
        for name, video in sorted(videos.items(), reverse=True)
        if (video.width, video.height) in sizes and video.frame_count >= CLIP_FRAMES
    }
    return sorted({source: name for name, source in able.items()}.values())


def context_misfit(project: Project) -> str:
    """Why no network can see the frames before and after here; empty where one can."""
    labelled = labelled_frame_counts(project=project)
    pictures = sorted(
        name
        for name, video in _ready(project).items()
        if name in labelled and video.source_kind == Video.SourceKind.IMAGES
    )
    if not pictures:
        return ""
    return (
        f"{pictures[0]!r} is a folder of pictures, and nobody knows what lay before and after them. It is "
        f"for projects whose labels are all of videos."
    )


def beside_labels(
    *,
    project: Project,
    family: str,
    members: int,
    context_frames: int,
    unlabelled: Sequence[str],
    held_out: Collection[str],
) -> dict[str, Any]:
    """Settings for `PoseConfig`, with the names of videos in place of their paths; empty for labels alone.

    Args:
        family: One that suits the project.
        held_out: Names of videos that the test is made on: none of their pictures may be seen.

    Raises:
        BadTraining: The family, the number of networks or a video cannot be had so. The message says why.
    """
    if context_frames not in CONTEXTS:
        raise BadTraining(f"context_frames is one of {', '.join(map(str, CONTEXTS))}; got {context_frames}.")
    if context_frames and unlabelled:
        raise BadTraining(
            "A network that sees the frames before and after does not learn from unlabelled video. Choose "
            "one of the two."
        )
    if context_frames:
        _check_context(project, FAMILY_FACTS[family], members)
        return {"context_frames": context_frames}
    if unlabelled:
        _check_unlabelled(project, FAMILY_FACTS[family], unlabelled, held_out)
        return {"consistency": {"videos": list(unlabelled), "pose": POSE_WEIGHT}}
    return {}


def unlabelled_paths(*, project: Project, names: Sequence[str], meant: Mapping[str, int]) -> dict[str, Path]:
    """Where the pixels of these videos are read now.

    Args:
        meant: Ids of the project's videos by the names that they had when the training was asked for.

    Raises:
        BadTraining: A video of such a name is not there any more, or another one has the name.
        PathNotAllowed, VideoNotReady: Its file cannot be reached.
    """
    videos = _ready(project)
    gone = next((n for n in names if n not in videos or videos[n].pk != meant.get(n)), None)
    if gone is not None:
        raise BadTraining(
            f"The unlabelled video {gone!r} is not in this project any more, or has another name. Train anew."
        )
    return {name: video_source_path(video=videos[name]) for name in names}


def _check_context(project: Project, facts: FamilyFacts, members: int) -> None:
    if not facts.temporal_context:
        raise BadTraining(
            f"The family {facts.title} sees each frame alone. "
            f"{_who_can(project, 'temporal_context')} see those before and after."
        )
    if members > 1:
        raise BadTraining(
            "Several networks that answer together see each frame alone. Train one network, or choose the "
            "labelled frames alone."
        )
    if misfit := context_misfit(project):
        raise BadTraining(misfit)


def _check_unlabelled(
    project: Project, facts: FamilyFacts, names: Sequence[str], held_out: Collection[str]
) -> None:
    if not facts.uses_unlabelled:
        raise BadTraining(
            f"The family {facts.title} does not learn from unlabelled video. "
            f"{_who_can(project, 'uses_unlabelled')}."
        )
    if len(names) > MOST_UNLABELLED:
        raise BadTraining(f"At most {MOST_UNLABELLED} unlabelled videos; got {len(names)}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadTraining(f"The unlabelled video {twice[:80]!r} is named twice.")
    tested = next((name for name in names if name in held_out), None)
    if tested is not None:
        raise BadTraining(
            f"{tested!r} is held out for the test, and a network that has looked at it would not be tested "
            f"on what it never saw. Leave it out of one of the two."
        )
    able = unlabelled_choices(project, held_out=held_out)
    other = next((name for name in names if name not in able), None)
    if other is not None:
        raise BadTraining(
            f"{other[:80]!r} cannot be learned from without labels: it has to be a video of this project "
            f"that is ready, has {CLIP_FRAMES} frames or more, and frames of the size of labelled ones that "
            f"are not held out, and each file counts once. These can: {', '.join(able[:5]) or 'none'}"
            f"{', ...' if len(able) > 5 else ''}."
        )


def _who_can(project: Project, able: str) -> str:
    titles = [o.facts.title for o in family_options(project) if not o.misfit and getattr(o.facts, able)]
    return f"{', '.join(titles)} can" if titles else "No family that suits this project can"


def _ready(project: Project) -> dict[str, Video]:
    videos = Video.objects.filter(recording__project=project, state=Video.State.READY)
    return {f"{v.recording.name}/{v.view}": v for v in videos.select_related("recording")}
