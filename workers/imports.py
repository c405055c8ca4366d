"""Importing a DeepLabCut project: read and convert everything first, then write it in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from sbea_engine.data import LabelSet
from sbea_engine.io.archive import ZipLimits, extract_zip
from sbea_engine.io.deeplabcut import DeepLabCutProject, find_project, read_project
from sbea_engine.progress import Progress
from sbea_engine.video import make_proxy
from webapp.annotation.errors import ImportRefused
from webapp.annotation.imports import (
    ImportedVideo,
    ImportSummary,
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
    return _import(run, allowed_path(run.params["path"]), owned=False)


def _from_upload(run: JobRun) -> DataImport:
    """Unpack a zip where its images and videos will stay."""
    row(Upload.objects.filter(project=run.job.project), run.params["upload_id"], "upload")
    home = _home(run)
    _keep_archive_only(home)  # an attempt that was killed left what it had unpacked
    limits = ZipLimits(max_bytes=storage.free_bytes())
    try:
        unpacked = extract_zip(home / ARCHIVE, home / "project", limits=limits, on_progress=run.report)
        return _import(run, find_project(unpacked), owned=True)
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


def _import(run: JobRun, folder: Path, *, owned: bool) -> DataImport:
    outside = read_project(folder)
    summary = ImportSummary()
    for warning in told_each(outside.warnings, run.job):
        summary.warn(warning)
    sources = dict(_sources(outside))
    import_check(project=run.job.project, skeleton=outside.skeleton, names=sources)
    videos = [
        _convert(run, name, path, number, len(sources), outside.label_sets.get(name), owned=owned)
        for number, (name, path) in enumerate(sources.items())
    ]
    by = run.job.created_by
    if by is None:
        raise ImportRefused("The person who started this import has left; start it again.")
    labelled = next(iter(outside.label_sets.values()))
    return import_commit(
        job=run.job,
        by=by,
        skeleton=outside.skeleton,
        individuals=labelled.individuals,
        videos=videos,
        summary=summary,
        source=str(folder),
    )


def _sources(outside: DeepLabCutProject) -> Iterator[tuple[str, Path]]:
    """Recording names and what to read frames from: folders of labelled images, then videos.

    DeepLabCut names a folder of labelled images after its video. Where both are there the video is called
    "name (video)", since labels belong to the images.
    """
    names = set(outside.label_sets)
    for name in outside.label_sets:
        yield name, outside.folder / "labeled-data" / name
    for video in outside.videos:
        wanted = f"{video.stem} (video)" if video.stem in names else video.stem
        name = wanted if wanted not in names else f"{wanted} {video.suffix}"
        if name in names:
            raise ImportRefused(
                f"{video}: another recording of this import is called {name!r} too. Rename it."
            )
        names.add(name)
        yield name, video


def _convert(
    run: JobRun, name: str, path: Path, number: int, count: int, labels: LabelSet | None, *, owned: bool
) -> ImportedVideo:
    """Write the proxy in the job's own folder, where a resumed run finds it again."""
    if not owned:
        path = allowed_source(str(path))

    def report(progress: Progress) -> None:
        run.report(replace(progress, stage=f"read {name} ({number + 1} of {count})"))

    proxy = run.scratch / "proxies" / str(number)
    make_proxy(path, proxy, on_progress=report)
    ingested = describe_proxy(proxy)
    if labels is not None:
        labels = _by_place(labels, ingested.facts["names"], path)
    return ImportedVideo(name=name, source=path, owned=owned, ingested=ingested, labels=labels)


def _by_place(labels: LabelSet, names: list[str], folder: Path) -> LabelSet:
    """The labels with frame indices that are places in the image sequence, as the video row counts them."""
    place = {name: index for index, name in enumerate(names)}
    unread = next((source.path.name for source in labels.frames if source.path.name not in place), None)
    if unread is not None:
        raise ImportRefused(f"{folder / unread}: labelled, and no image that can be read as a frame.")
    frames = tuple(replace(source, index=place[source.path.name]) for source in labels.frames)
    return replace(labels, frames=frames)
