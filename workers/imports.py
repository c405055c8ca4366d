"""Importing a project of another tool: all is read and converted first, then written in one transaction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sbea_engine.data import LabelSet
from sbea_engine.io.archive import ZipLimits, extract_zip
from sbea_engine.io.poses_store import write_poses
from sbea_engine.io.registry import FORMATS
from sbea_engine.progress import Progress
from sbea_engine.video import load_proxy, make_proxy
from webapp.annotation.errors import ImportRefused
from webapp.annotation.imports import (
    ImportedPredictions,
    ImportedVideo,
    ImportSummary,
    animals_after_import,
    import_check,
    import_commit,
    import_find,
)
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.ingest import describe_proxy
from webapp.recordings.models import DataImport, Upload
from webapp.recordings.roots import allowed_path, allowed_source
from workers.app import app
from workers.outside_predictions import fitted, read_outside_predictions
from workers.outside_projects import OutsideProject, OutsideSource, read_outside
from workers.rows import row
from workers.run import JobRun, job_run
from workers.told import told_each

ARCHIVE = "source.zip"


@app.task(name=JobKind.IMPORT_DEEPLABCUT, acks_late=True)
def import_deeplabcut(job_id: str) -> None:
    """Import once, however often the task runs; a refusal leaves nothing behind."""
    with job_run(job_id) as run:
        done = import_find(job=run.job)
        if done is None:
            done = _from_upload(run) if "upload_id" in run.params else _from_folder(run)
        if "upload_id" in run.params:
            storage.remove_tree(_home(run) / ARCHIVE)
        run.result = dict(done.summary)


def _from_folder(run: JobRun) -> DataImport:
    """Read where it lies; pictures inside a file are extracted to where the studio keeps its own."""
    home = storage.original_folder(run.job.pk)
    storage.remove_tree(home)  # of an attempt that was killed
    try:
        return _import(run, allowed_path(run.params["path"]), pictures=home / "pictures", owned=False)
    except BaseException:
        if not run.lost:  # else the files are those of the run that took over
            storage.remove_tree(home)
        raise


def _from_upload(run: JobRun) -> DataImport:
    """Unpack a zip where its images and videos will stay."""
    row(Upload.objects.filter(project=run.job.project), run.params["upload_id"], "upload")
    home = _home(run)
    _keep_archive_only(home)  # an attempt that was killed left what it had unpacked
    limits = ZipLimits(max_bytes=storage.free_bytes())
    try:
        unpacked = extract_zip(home / ARCHIVE, home / "project", limits=limits, on_progress=run.report)
        return _import(run, unpacked, pictures=home / "pictures", owned=True)
    except BaseException:
        if not run.lost:  # else the files are those of the run that took over
            _keep_archive_only(home)
        raise


def _home(run: JobRun) -> Path:
    return storage.original_folder(UUID(run.params["upload_id"]))


def _keep_archive_only(home: Path) -> None:
    for path in home.glob("*"):
        if path.name != ARCHIVE:
            storage.remove_tree(path)


def _import(run: JobRun, place: Path, *, pictures: Path, owned: bool) -> DataImport:
    outside = read_outside(place, pictures=pictures)
    summary = ImportSummary(tool=FORMATS[outside.format_name].title)
    for warning in told_each(outside.warnings, run.job):
        summary.warn(warning)
    import_check(project=run.job.project, skeleton=outside.skeleton, names=outside.sources)
    videos = [
        _convert(run, name, source, (number, len(outside.sources)), owned=owned or source.extracted)
        for number, (name, source) in enumerate(outside.sources.items())
    ]
    videos = _with_predictions(run, outside, videos, summary)
    by = run.job.created_by
    if by is None:
        raise ImportRefused("The person who started this import has left; start it again.")
    return import_commit(
        job=run.job,
        by=by,
        skeleton=outside.skeleton,
        individuals=outside.individuals,
        told_apart=outside.told_apart,
        videos=videos,
        summary=summary,
        source=str(outside.place),
        kind=outside.format_name,
    )


def _with_predictions(
    run: JobRun, outside: OutsideProject, videos: list[ImportedVideo], summary: ImportSummary
) -> list[ImportedVideo]:
    """The videos with what models of the other tool said of them, as stores in the job's own folder."""
    aside = ImportSummary()
    animals = animals_after_import(run.job.project, outside.individuals)
    stores = run.scratch / "predictions"
    storage.remove_tree(stores)  # of an attempt that was killed
    by_name = {video.name: video for video in videos}
    kept: dict[str, list[ImportedPredictions]] = {video.name: [] for video in videos}
    for number, (name, each) in enumerate(read_outside_predictions(outside, aside)):
        run.report(Progress(stage=f"read predictions of {name}", done=number, total=number + 1))
        count = by_name[name].ingested.frame_count
        try:
            poses = fitted(each.poses, skeleton=outside.skeleton, animals=animals, frame_count=count)
        except ImportRefused as error:
            aside.warn(f"{each.source}, over {name}: left aside; {error}")
            continue
        if len(each.poses.individuals) > len(poses.individuals):
            aside.warn(
                f"{each.source}, over {name}: {len(each.poses.individuals)} tracks share "
                f"{len(poses.individuals)} places, each where one was free. A place is no identity."
            )
        folder = write_poses(poses, stores / str(number))
        kept[name].append(
            ImportedPredictions(source=each.source, folder=folder, individuals=poses.individuals)
        )
    for warning in told_each(tuple(aside.warnings), run.job):
        summary.warn(warning)
    return [replace(video, predictions=tuple(kept[video.name])) for video in videos]


def _convert(
    run: JobRun, name: str, source: OutsideSource, place: tuple[int, int], *, owned: bool
) -> ImportedVideo:
    """Write the proxy in the job's own folder, where a resumed run finds it again."""
    number, count = place
    path = source.path if owned else allowed_source(str(source.path))

    def report(progress: Progress) -> None:
        run.report(replace(progress, stage=f"read {name} ({number + 1} of {count})"))

    proxy = run.scratch / "proxies" / str(number)
    make_proxy(path, proxy, on_progress=report)
    ingested = describe_proxy(proxy)
    labels = source.labels
    if labels is not None and path.is_dir():
        labels = _by_place(labels, ingested.facts["names"], path)
    elif labels is not None:
        _require_frames(labels, load_proxy(proxy).frame_count, path)
    return ImportedVideo(name=name, source=path, owned=owned, ingested=ingested, labels=labels)


def _require_frames(labels: LabelSet, frame_count: int, video: Path) -> None:
    beyond = next((source.index for source in labels.frames if source.index >= frame_count), None)
    if beyond is not None:
        raise ImportRefused(
            f"{video}: frame {beyond} is labelled, and the video has {frame_count}. Is it the same video?"
        )


def _by_place(labels: LabelSet, names: list[str], folder: Path) -> LabelSet:
    """The labels with frame indices that are places in the image sequence, as the video row counts them."""
    place = {name: index for index, name in enumerate(names)}
    unread = next((source.path.name for source in labels.frames if source.path.name not in place), None)
    if unread is not None:
        raise ImportRefused(f"{folder / unread}: labelled, and no image that can be read as a frame.")
    frames = tuple(replace(source, index=place[source.path.name]) for source in labels.frames)
    return replace(labels, frames=frames)
