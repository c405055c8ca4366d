"""Bringing a whole outside project in: all of it in one transaction, or nothing.

The worker reads and converts first, into its scratch folder; only then `import_commit` writes rows and moves
files. The `DataImport` row commits with them, so that a job which runs twice imports once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from django.db import transaction

from sbea_engine.data import LabelSet, Skeleton
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.annotation.engine_labels import labelled_instances
from webapp.annotation.errors import ImportRefused
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.models import Instance
from webapp.annotation.services import labels_write
from webapp.jobs.models import Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Animal, Project
from webapp.projects.services import animal_rename, animals_ensure, project_update, skeleton_replace
from webapp.recordings import storage
from webapp.recordings.models import DataImport, Recording, Video
from webapp.recordings.roots import allowed_path
from webapp.recordings.services import IngestedVideo, video_store_ready
from webapp.recordings.uploads import completed_archive
from webapp.results.services import result_import

MAX_WARNINGS = 200
ALIKE = (
    "The labels do not say which animal is which, so the animals are taken to look alike. If they do not, "
    "say so on the Models page before you train."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPredictions:
    """What a model of another tool said of a video, as a store of a row a frame.

    Attributes:
        source: What made them, for people.
        folder: The store, on the data root's file system.
        individuals: Of the store: animals by slot, then those that are none of them.
    """

    source: str
    folder: Path
    individuals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVideo:
    """One recording to be: its source, its finished proxy, and labels in proxy frame order if any."""

    name: str
    source: Path
    owned: bool
    ingested: IngestedVideo
    labels: LabelSet | None = None
    predictions: tuple[ImportedPredictions, ...] = ()


@dataclass(slots=True, kw_only=True)
class ImportSummary:
    """What an import brought; stored with the job."""

    tool: str = ""
    recordings: int = 0
    frames: int = 0
    points: int = 0
    keypoints: int = 0
    animals: int = 0
    predictions: int = 0
    skeleton_version: int = 0
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(text)


def import_start(*, project: Project, path: str | None, upload_id: UUID | None, by: User) -> Job:
    """Queue the import of a project of another tool from a server folder or file, or an uploaded zip.

    Raises:
        ImportRefused: Not exactly one of `path` and `upload_id`, or no such finished upload.
        PathNotAllowed: The folder does not lie under a media root.
        JobAlreadyActive: The project is importing already.
    """
    require(by, project, Capability.MANAGE_DATA)
    if (path is None) == (upload_id is None):
        raise ImportRefused("Name either a server folder (path) or a finished upload (upload_id).")
    if path is not None:
        folder = allowed_path(path)
        params, name = {"path": str(folder)}, folder.name
    else:
        assert upload_id is not None
        upload = completed_archive(upload_id=upload_id, project=project)
        if upload is None:
            raise ImportRefused("There is no such finished upload of a zip in this project.")
        params, name = {"upload_id": str(upload.pk)}, upload.filename
    return job_start(
        kind=JobKind.IMPORT_DEEPLABCUT,
        project=project,
        params=params,
        by=by,
        label=f"Import {name}",
        target=f"project:{project.pk}",
    )


def import_check(*, project: Project, skeleton: Skeleton, names: Iterable[str]) -> None:
    """Refuse early what `import_commit` would refuse after the long work.

    Raises:
        ImportRefused: Labels of another skeleton are here, or a recording of the same name.
    """
    wanted = list(names)
    taken = project.recordings.filter(name__in=wanted).values_list("name", flat=True).first()
    if taken is not None:
        raise ImportRefused(
            f"This project already has a recording named {taken!r}. Delete it, or import into a new project."
        )
    current = project.skeleton.noun.keypoints
    if has_labels(project) and current != skeleton.keypoints:
        raise ImportRefused(
            f"This project's labels use the keypoints {', '.join(current)}; the import has "
            f"{', '.join(skeleton.keypoints)}. Import into a new project."
        )


def has_labels(project: Project) -> bool:
    """Whether anybody has decided on a keypoint in this project."""
    return Instance.objects.filter(video__recording__project=project, decided_count__gt=0).exists()


def import_find(*, job: Job) -> DataImport | None:
    """What an earlier run of the same job has already imported."""
    return DataImport.objects.filter(job=job).first()


def import_commit(
    *,
    job: Job,
    by: User,
    skeleton: Skeleton,
    individuals: Sequence[str],
    videos: Sequence[ImportedVideo],
    summary: ImportSummary,
    source: str,
    kind: str = "deeplabcut",
    told_apart: bool = True,
) -> DataImport:
    """Write everything: skeleton, animals, recordings, labels, predictions and the import's own row.

    Args:
        told_apart: Whether the labels say which animal is which. Where they do not, the animals of a project
            without labels are taken to look alike from then on.

    Raises:
        ImportRefused: As `import_check`; nothing was written.
    """
    moved: list[Path] = []
    try:
        with transaction.atomic():
            project = job.project
            import_check(project=project, skeleton=skeleton, names=[video.name for video in videos])
            fresh = not has_labels(project)
            if fresh:
                skeleton_replace(project=project, definition=skeleton, by=by)
            if fresh and not told_apart:
                project_update(project=project, by=by, animals_look_alike=True)
                summary.warn(ALIKE)
            summary.skeleton_version = project.skeleton.version
            summary.keypoints, summary.animals = len(skeleton), len(individuals)
            animals = _animals(project, individuals, by=by, rename=fresh)
            for video in videos:
                row = _video(project, video)
                moved.append(storage.video_folder(row.pk))
                video_store_ready(video=row, ingested=video.ingested)
                if video.labels is not None:
                    _labels(row, video.labels, animals, by=by, summary=summary)
                for found in video.predictions:
                    moved.append(_predictions(row, found))
                    summary.predictions += 1
                summary.recordings += 1
            return DataImport.objects.create(
                project=project, job=job, kind=kind, source=source[:4096], summary=as_json(summary)
            )
    except BaseException:
        for folder in moved:
            storage.remove_tree(folder)
        raise


def as_json(summary: ImportSummary) -> dict[str, object]:
    """The summary as the job's result."""
    return {name: getattr(summary, name) for name in ImportSummary.__dataclass_fields__}


def animals_after_import(project: Project, individuals: Sequence[str]) -> tuple[str, ...]:
    """Names of the project's animals by slot, as they will be when these individuals have come in."""
    known = [animal.name for animal in project.animals.order_by("slot")]
    if len(individuals) == 1:
        return tuple(known)
    if not has_labels(project) and not set(individuals) & set(known):
        return (*individuals, *known[len(individuals) :])
    return (*known, *(name for name in individuals if name not in known))


def _animals(project: Project, individuals: Sequence[str], *, by: User, rename: bool) -> list[Animal]:
    """One animal for each individual, in the order of the individual axis.

    A project without labels takes the names over; otherwise known names are matched and others added.
    """
    if len(individuals) == 1:
        return [animals_ensure(project=project, count=1, by=by)[0]]
    known = {animal.name: animal for animal in project.animals.all()}
    if rename and not set(individuals) & set(known):
        animals = animals_ensure(project=project, count=max(len(known), len(individuals)), by=by)
        pairs = zip(animals, individuals, strict=False)
        return [animal_rename(animal=animal, name=name, by=by) for animal, name in pairs]
    missing = [name for name in individuals if name not in known]
    animals = animals_ensure(project=project, count=len(known) + len(missing), by=by)
    new = [animal for animal in animals if animal.name not in known]
    for animal, name in zip(new, missing, strict=True):
        known[name] = animal_rename(animal=animal, name=name, by=by)
    return [known[name] for name in individuals]


def _video(project: Project, video: ImportedVideo) -> Video:
    recording = Recording.objects.create(project=project, name=video.name)
    path = storage.stored_name(video.source) if video.owned else str(video.source)
    return Video.objects.create(recording=recording, source_path=path, source_owned=video.owned)


def _predictions(video: Video, found: ImportedPredictions) -> Path:
    """Keep them; returns where their files are now."""
    result = result_import(
        video=video,
        source=found.source,
        skeleton=video.recording.project.skeleton,
        poses=found.folder,
        frames=video.frame_count,
        individuals=found.individuals,
    )
    return storage.stored_path(result.folder)


def _labels(
    video: Video, labels: LabelSet, animals: Sequence[Animal], *, by: User, summary: ImportSummary
) -> None:
    rows = []
    for row in labelled_instances(labels, animals):
        kept = [_inside(video, change) for change in row.changes]
        for name, change, keep in zip(labels.skeleton.keypoints, row.changes, kept, strict=True):
            if keep != change:
                where = f"{video.recording.name}, frame {row.frame_index}"
                summary.warn(
                    f"{where}: {name} at ({change.x:g}, {change.y:g}) lies outside the picture; left out."
                )
        rows.append(replace(row, changes=kept))
        summary.points += sum(change.x is not None for change in kept)
    summary.frames += labels_write(video=video, labels=rows, by=by, origin=Origin.IMPORTED)


def _inside(video: Video, change: Change) -> Change:
    """A point outside the picture cannot be learnt from; DeepLabCut leaves it out of training as well."""
    if change.fault(width=video.width, height=video.height) is None:
        return change
    return Change(x=None, y=None, visibility=VisibilityName.UNLABELLED)
