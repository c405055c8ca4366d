"""Files and zips for other tools."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from django.utils.text import slugify

from sbea_engine.data import LabelSet
from sbea_engine.io.poses_store import open_poses
from sbea_engine.io.registry import Format, UnknownFormat
from sbea_engine.progress import Progress
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Upload, Video
from webapp.recordings.originals import owner_of_source
from webapp.results.exports import LABELS, export_kind
from webapp.results.models import PoseResult
from webapp.results.services import export_store
from webapp.training.snapshots import label_set
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

SCORER = "SBeA"
MOST_OF_A_NAME = 100
"""Characters of a video's or a model's name in that of a file, which file systems bound."""
# Fixed, so that the same labels give the same bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# These are packed already; packing again costs time and gains nothing.
STORED = frozenset({".png", ".jpg", ".jpeg", ".h5", ".slp"})


@app.task(name=JobKind.PROJECT_EXPORT, acks_late=True)
def export_project(job_id: str) -> None:
    """Write the files in the job's own folder, and hand them over: one as it is, several as a zip."""
    with job_run(job_id) as run:
        kind = export_kind(run.params["kind"])
        storage.remove_tree(run.scratch / "export")  # of an attempt that was killed
        write = _labels if kind.what == LABELS else _predictions
        folder = write(run, kind.format)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        file = _pack(run, folder, files) if len(files) > 1 else _alone(folder, files[0])
        export = export_store(job=run.job, file=file, kind=kind.name)
        run.result = {"export_id": export.pk, "filename": export.filename, "size_bytes": export.size_bytes}


def _labels(run: JobRun, chosen: Format) -> Path:
    """A new folder with all labels of the project."""
    if chosen.write_labels is None:
        raise UnknownFormat(f"Labels cannot be written for {chosen.title}.")
    project = run.job.project
    labels = _named_for_people(label_set(project=project), project)
    name = slugify(project.name) or "project"
    folder = run.scratch / "export" / f"{name}-{chosen.name}"
    return chosen.write_labels(folder, labels, title=name, scorer=SCORER, on_progress=run.report)


def _predictions(run: JobRun, chosen: Format) -> Path:
    """A new folder, called by video and model, with what the model said of the video."""
    if chosen.write_poses is None:
        raise UnknownFormat(f"Predictions cannot be written for {chosen.title}.")
    results = PoseResult.objects.select_related("model", "video__recording")
    result = row(results.filter(project=run.job.project), run.params["result_id"], "result")
    poses = open_poses(storage.stored_path(result.folder)).window()
    poses = replace(poses, provenance={**poses.provenance, "video": _file_name(result.video)})
    video = _video_name(result.video)
    model = slugify(result.title)[:MOST_OF_A_NAME] or "model"
    folder = run.scratch / "export" / f"{video}-{model}"
    run.report(Progress(stage="write", done=0, total=1))
    chosen.write_poses(folder, poses, name=video, scorer=f"{SCORER}_{model}")
    run.report(Progress(stage="write", done=1, total=1))
    return folder


def _video_name(video: Video) -> str:
    """The recording's name, with the view where it has several."""
    recording = video.recording
    name = recording.name if recording.videos.count() == 1 else f"{recording.name}-{video.view}"
    return slugify(name)[:MOST_OF_A_NAME] or "video"


def _file_name(video: Video) -> str:
    """Of the video's file, as people know it: an upload is called otherwise on this server's disk."""
    owner = owner_of_source(video.source_path) if video.source_owned else None
    uploads = Upload.objects.filter(purpose=Upload.Purpose.VIDEO)
    upload = None if owner is None else uploads.filter(pk=owner).first()
    return Path(video.source_path).name if upload is None else upload.filename


def _alone(folder: Path, file: Path) -> Path:
    """The only file, beside its folder and called like it, which tells more than the file's own name."""
    return file.rename(folder.with_name(f"{folder.name}{''.join(file.suffixes)}"))


def _named_for_people(labels: LabelSet, project: Project) -> LabelSet:
    """The labels with videos named as their recording, without the view where there is only one."""
    views = {recording.name: recording.videos.count() for recording in project.recordings.all()}
    names = {
        f"{name}/{view}": (name if views[name] == 1 else f"{name}-{view}")
        for name, view in project.recordings.values_list("name", "videos__view")
    }
    frames = tuple(replace(source, video=names[source.video]) for source in labels.frames)
    return replace(labels, frames=frames)


def _pack(run: JobRun, folder: Path, files: list[Path]) -> Path:
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
