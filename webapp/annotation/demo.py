"""Ready-made labels of a demo project: the truth of its rendered recording, kept aside until asked for."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import LabelSet
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


def demo_labels_apply(*, project: Project, by: User) -> int:
    """Write the ready-made labels; keypoints that a person has decided on stay as they are.

    Returns:
        How many frames got labels.

    Raises:
        ImportRefused: The project is no demo project, its recording is not rendered, or its skeleton was
            changed.
        BadLabels: The labels that were kept aside are damaged.
        NotFound, Forbidden: `by` may not label.
    """
    require(by, project, Capability.LABEL)
    if not project.is_demo:
        raise ImportRefused("Only the demo project has ready-made labels.")
    folder = demo_labels_folder(project)
    if not folder.is_dir():
        raise ImportRefused(
            "The recording of this demo is not rendered yet. The Jobs page says how far it is, or why it "
            "failed."
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
