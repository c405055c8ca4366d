"""Zips for other tools."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from django.utils.text import slugify

from sbea_engine.data import LabelSet
from sbea_engine.io.deeplabcut import write_predictions, write_project
from sbea_engine.io.poses_store import open_poses
from sbea_engine.progress import Progress
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.results.models import ExportFile, PoseResult
from webapp.results.services import export_store
from webapp.training.snapshots import label_set
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

SCORER = "SBeA"
# Fixed, so that the same labels give the same bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# These are packed already; packing again costs time and gains nothing.
STORED = frozenset({".png", ".jpg", ".jpeg", ".h5"})


@app.task(name=JobKind.PROJECT_EXPORT, acks_late=True)
def export_project(job_id: str) -> None:
    """Write the files in the job's own folder, pack them, and hand the zip over."""
    with job_run(job_id) as run:
        kind = run.params["kind"]
        storage.remove_tree(run.scratch / "export")  # of an attempt that was killed
        file = _pack(run, _labels(run) if kind == ExportFile.Kind.DEEPLABCUT_LABELS else _predictions(run))
        export = export_store(job=run.job, file=file, kind=kind)
        run.result = {"export_id": export.pk, "filename": export.filename, "size_bytes": export.size_bytes}


def _labels(run: JobRun) -> Path:
    project = run.job.project
    labels = _named_for_people(label_set(project=project), project)
    name = slugify(project.name) or "project"
    folder = run.scratch / "export" / f"{name}-{SCORER}"
    return write_project(folder, task=name, scorer=SCORER, labels=labels, on_progress=run.report)


def _predictions(run: JobRun) -> Path:
    results = PoseResult.objects.select_related("model", "video__recording")
    result = row(results.filter(project=run.job.project), run.params["result_id"], "result")
    poses = open_poses(storage.stored_path(result.folder)).window()
    recording = slugify(result.video.recording.name) or "video"
    scorer = f"{SCORER}_{slugify(result.model.name) or 'model'}"
    folder = run.scratch / "export" / f"{recording}-{scorer}"
    folder.mkdir(parents=True)
    write_predictions(poses, folder / f"{recording}{scorer}", scorer)
    return folder


def _named_for_people(labels: LabelSet, project: Project) -> LabelSet:
    """The labels with videos named as their recording, without the view where there is only one."""
    views = {recording.name: recording.videos.count() for recording in project.recordings.all()}
    names = {
        f"{name}/{view}": (name if views[name] == 1 else f"{name}-{view}")
        for name, view in project.recordings.values_list("name", "videos__view")
    }
    frames = tuple(replace(source, video=names[source.video]) for source in labels.frames)
    return replace(labels, frames=frames)


def _pack(run: JobRun, folder: Path) -> Path:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    target = folder.parent / f"{folder.name}.zip"
    with zipfile.ZipFile(target, "w", strict_timestamps=False) as archive:
        for done, path in enumerate(files, start=1):
            entry = zipfile.ZipInfo((Path(folder.name) / path.relative_to(folder)).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as packed:
                while block := source.read(1 << 20):
                    packed.write(block)
            run.report(Progress(stage="pack", done=done, total=len(files)))
    return target
