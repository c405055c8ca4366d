"""What a network may see beside the labelled frames: those around each, or clips of unlabelled video.

Videos are named as label sets name them. A training that has not ended keeps recordings from being renamed or
deleted, so that a name stands for the same video from the wish to the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbea_engine.pose.consistency_config import CLIP_FRAMES
from sbea_engine.pose.families import FAMILY_FACTS, FamilyFacts
from webapp.annotation.selectors import labelled_frame_counts
from webapp.projects.models import Project
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.training.errors import BadTraining

CONTEXTS = (0, 2)
MOST_UNLABELLED = 32
"""All of them are open at once while clips are read."""
POSE_WEIGHT = 1.0
"""Of the term that helped on every recording it was measured on (docs/science/pose-consistency.md)."""


def unlabelled_choices(project: Project) -> list[str]:
    """Videos that a training can look at without labels: ready, long enough, with frames of the size of the
    labelled ones; by name."""
    labelled = labelled_frame_counts(project=project)
    videos = _ready(project)
    sizes = {(video.width, video.height) for name, video in videos.items() if name in labelled}
    return sorted(
        name
        for name, video in videos.items()
        if (video.width, video.height) in sizes and video.frame_count >= CLIP_FRAMES
    )


def beside_labels(
    *, project: Project, family: str, members: int, context_frames: int, unlabelled: Sequence[str]
) -> dict[str, Any]:
    """Settings for `PoseConfig`, with the names of videos in place of their paths; empty for labels alone.

    Args:
        family: One that suits the project.

    Raises:
        BadTraining: The family, the number of networks or a video cannot be had so. The message says why.
    """
    facts = FAMILY_FACTS[family]
    if context_frames not in CONTEXTS:
        raise BadTraining(f"context_frames is one of {', '.join(map(str, CONTEXTS))}; got {context_frames}.")
    if context_frames and unlabelled:
        raise BadTraining(
            "A network that sees the frames before and after does not learn from unlabelled video. Choose "
            "one of the two."
        )
    if context_frames:
        _check_context(facts, members)
        return {"context_frames": context_frames}
    if unlabelled:
        _check_unlabelled(project, facts, unlabelled)
        return {"consistency": {"videos": list(unlabelled), "pose": POSE_WEIGHT}}
    return {}


def unlabelled_paths(*, project: Project, names: Sequence[str]) -> dict[str, Path]:
    """Where the pixels of these videos are read now.

    Raises:
        BadTraining: A video of such a name is not there any more.
        PathNotAllowed, VideoNotReady: Its file cannot be reached.
    """
    videos = _ready(project)
    gone = next((name for name in names if name not in videos), None)
    if gone is not None:
        raise BadTraining(
            f"The unlabelled video {gone!r} is not in this project any more, or has another name. Train anew."
        )
    return {name: video_source_path(video=videos[name]) for name in names}


def _check_context(facts: FamilyFacts, members: int) -> None:
    if not facts.temporal_context:
        raise BadTraining(
            f"The family {facts.title} sees each frame alone. These can see the frames before and after: "
            f"{_titles('temporal_context')}."
        )
    if members > 1:
        raise BadTraining(
            "Several networks that answer together see each frame alone. Train one network, or choose the "
            "labelled frames alone."
        )


def _check_unlabelled(project: Project, facts: FamilyFacts, names: Sequence[str]) -> None:
    if not facts.uses_unlabelled:
        raise BadTraining(
            f"The family {facts.title} does not learn from unlabelled video. These do: "
            f"{_titles('uses_unlabelled')}."
        )
    if len(names) > MOST_UNLABELLED:
        raise BadTraining(f"At most {MOST_UNLABELLED} unlabelled videos; got {len(names)}.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadTraining(f"The unlabelled video {twice[:80]!r} is named twice.")
    able = unlabelled_choices(project)
    other = next((name for name in names if name not in able), None)
    if other is not None:
        raise BadTraining(
            f"{other[:80]!r} cannot be learned from without labels: it has to be a video of this project "
            f"that is ready, has {CLIP_FRAMES} frames or more, and frames of the size of labelled ones. "
            f"These can: {', '.join(able[:5]) or 'none'}{', ...' if len(able) > 5 else ''}."
        )


def _titles(able: str) -> str:
    return ", ".join(facts.title for facts in FAMILY_FACTS.values() if getattr(facts, able))


def _ready(project: Project) -> dict[str, Video]:
    videos = Video.objects.filter(recording__project=project, state=Video.State.READY)
    return {f"{v.recording.name}/{v.view}": v for v in videos.select_related("recording")}
