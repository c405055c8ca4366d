"""Kinds of job, which are also the names of their Celery tasks, and the queue of each.

How to add one: `docs/how-to/add-a-job-kind.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webapp.accounts.capabilities import Capability


class Queue(StrEnum):
    """What a worker offers: reading and writing files, computing, or a device."""

    IO = "io"
    CPU = "cpu"
    GPU = "gpu"


class JobKind(StrEnum):
    """The product's own kinds; the value is the name of the task."""

    VIDEO_INGEST = "video.ingest"
    VIDEO_SUGGEST = "video.suggest"
    IMPORT_DEEPLABCUT = "project.import_deeplabcut"
    POSE_TRAIN = "pose.train"
    POSE_PREDICT = "pose.predict"
    POSE_RECONSTRUCT = "pose.reconstruct"
    POSE_FILM = "pose.film"
    POSE_MAP = "pose.map"
    PROJECT_EXPORT = "project.export"
    DEMO_RENDER = "demo.render"


PREDICT_HELP = "pose.predict.help"
"""Name of the task that does a range of somebody else's prediction; it has no job of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """What the house needs to know of a kind.

    Attributes:
        queue: Where its tasks wait.
        title: For a person, where a job has no label of its own.
        capability: What a member needs to start, cancel, pause or retry such a job.
        pausable: It keeps a checkpoint from which another run goes on with the same outcome.
    """

    queue: Queue
    title: str
    capability: Capability
    pausable: bool = False


_SPECS: dict[str, KindSpec] = {
    JobKind.VIDEO_INGEST: KindSpec(
        queue=Queue.IO, title="Prepare a video", capability=Capability.MANAGE_DATA
    ),
    JobKind.VIDEO_SUGGEST: KindSpec(queue=Queue.CPU, title="Suggest frames", capability=Capability.LABEL),
    JobKind.IMPORT_DEEPLABCUT: KindSpec(
        queue=Queue.IO, title="Import a DeepLabCut project", capability=Capability.MANAGE_DATA
    ),
    JobKind.POSE_TRAIN: KindSpec(
        queue=Queue.GPU, title="Train a pose model", capability=Capability.TRAIN, pausable=True
    ),
    JobKind.POSE_PREDICT: KindSpec(queue=Queue.GPU, title="Predict poses", capability=Capability.TRAIN),
    JobKind.POSE_RECONSTRUCT: KindSpec(
        queue=Queue.CPU, title="Reconstruct 3D poses", capability=Capability.TRAIN
    ),
    JobKind.POSE_FILM: KindSpec(queue=Queue.CPU, title="Make a labelled video", capability=Capability.VIEW),
    JobKind.POSE_MAP: KindSpec(queue=Queue.CPU, title="Map poses", capability=Capability.VIEW),
    JobKind.PROJECT_EXPORT: KindSpec(queue=Queue.IO, title="Export files", capability=Capability.VIEW),
    JobKind.DEMO_RENDER: KindSpec(
        queue=Queue.CPU, title="Render a demo recording", capability=Capability.MANAGE_DATA
    ),
}


def kind_register(kind: str, spec: KindSpec) -> None:
    """Make a further kind known; for modules named in `SBEA_TASK_MODULES`."""
    if _SPECS.setdefault(kind, spec) != spec:
        raise ValueError(f"Job kind {kind!r} is already registered otherwise.")


def kind_spec(kind: str) -> KindSpec:
    """What is known of a kind; raises `ValueError` for one that nobody registered."""
    try:
        return _SPECS[kind]
    except KeyError:
        raise ValueError(f"Unknown job kind {kind!r}; known: {', '.join(sorted(_SPECS))}.") from None


def kind_pausable(kind: str) -> bool:
    """Whether jobs of a kind can be paused; not those of a kind that is not known any more."""
    spec = _SPECS.get(kind)
    return spec is not None and spec.pausable
