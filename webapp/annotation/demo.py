"""Ready-made labels of a demo project: the truth of its rendered recordings, kept aside until asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbea_engine.data import LabelSet, Visibility
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.annotation.engine_labels import labelled_instances
from webapp.annotation.errors import ImportRefused
from webapp.annotation.keypoints import Origin
from webapp.annotation.services import labels_write
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path


def demo_labels_folder(project: Project) -> Path:
    """Where the labels of a demo project lie, as a `LabelSet` that names the rendered files."""
    return storage.media_folder("demo", str(project.pk))


def demo_labels_keep(*, project: Project, takes: Sequence[LabelSet]) -> None:
    """Keep the labels of recordings of one skeleton; an animal that takes no part in one is absent there."""
    most = max(takes, key=lambda labels: len(labels.individuals))
    rows = [_with_individuals(labels, most.individuals) for labels in takes]
    frames = [
        replace(source, video=f"{number}/{source.video}")
        for number, labels in enumerate(rows, 1)
        for source in labels.frames
    ]
    LabelSet(
        skeleton=most.skeleton,
        individuals=most.individuals,
        frames=tuple(frames),
        points_px=np.concatenate([labels.points_px for labels in rows]),
        visibility=np.concatenate([labels.visibility for labels in rows]),
    ).save(demo_labels_folder(project))


def demo_labels_apply(*, project: Project, by: User) -> int:
    """Write the ready-made labels; keypoints that a person has decided on stay as they are.

    Returns:
        How many frames got labels.

    Raises:
        ImportRefused: The project is no demo project, or its skeleton was changed.
    """
    require(by, project, Capability.LABEL)
    if not project.is_demo:
        raise ImportRefused("Only the demo project has ready-made labels.")
    folder = demo_labels_folder(project)
    if not folder.is_dir():
        raise ImportRefused(
            "The recordings of this demo are still being rendered. Its labels come with them."
        )
    labels = LabelSet.load(folder)
    if labels.skeleton.keypoints != project.skeleton.noun.keypoints[: len(labels.skeleton)]:
        raise ImportRefused(
            "The skeleton of the demo project was changed, so its ready-made labels do not fit."
        )
    animals = list(project.animals.order_by("slot"))[: len(labels.individuals)]
    frames = 0
    # Those too that are still being read: whoever asks early gets all labels, not those of the first view.
    usable = Video.objects.filter(recording__project=project).exclude(state=Video.State.FAILED)
    for video in usable.select_related("recording__project"):
        path = video_source_path(video=video)
        rows = [i for i, source in enumerate(labels.frames) if source.path == path]
        instances = labelled_instances(labels.select(rows), animals)
        frames += labels_write(video=video, labels=instances, by=by, origin=Origin.DEMO)
    return frames


def _with_individuals(labels: LabelSet, names: tuple[str, ...]) -> LabelSet:
    known = labels.individuals
    if names[: len(known)] != known:
        raise ValueError(f"The takes of a demo name their animals alike, got {known} and {names}.")
    more = [(0, 0), (0, len(names) - len(known)), (0, 0)]
    return replace(
        labels,
        individuals=names,
        points_px=np.pad(labels.points_px, [*more, (0, 0)], constant_values=np.nan),
        visibility=np.pad(labels.visibility, more, constant_values=Visibility.ABSENT),
    )
