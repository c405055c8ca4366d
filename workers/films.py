"""Videos with their predictions drawn on them."""

from __future__ import annotations

from pathlib import Path

from django.utils.text import slugify

from sbea_engine.draw.palette import ANIMAL_COLOURS
from sbea_engine.draw.pose_marks import PoseLook
from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.labelled_video import LabelledVideoConfig, write_labelled_video
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.sources import video_source_path
from webapp.results.exports import LABELLED_VIDEO
from webapp.results.models import PoseResult
from webapp.results.services import export_store
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run
from workers.told import told


@app.task(name=JobKind.POSE_FILM, acks_late=True)
def make_film(job_id: str) -> None:
    """Draw into the job's own folder and hand the file over; a run that was killed begins again."""
    with job_run(job_id) as run:
        results = PoseResult.objects.select_related("model", "project", "video__recording")
        result = row(results.filter(project=run.job.project), run.params["result_id"], "result")
        folder = run.scratch / "film"
        storage.remove_tree(folder)  # of an attempt that was killed
        made = write_labelled_video(
            storage.stored_path(result.folder),
            video_source_path(video=result.video),
            folder / _name(result, run),
            _config(result, run),
            on_progress=run.report,
        )
        for warning in made.warnings:
            run.log(told(warning, run.job))
        export = export_store(job=run.job, file=made.file, kind=LABELLED_VIDEO)
        run.result = {
            "export_id": export.pk,
            "filename": export.filename,
            "size_bytes": export.size_bytes,
            "frame_count": made.frame_count,
            "frames_without_poses": made.frames_without_poses,
        }


def _config(result: PoseResult, run: JobRun) -> LabelledVideoConfig:
    params = run.params
    look = PoseLook(
        min_confidence=params["min_confidence"],
        doubtful=params["doubtful"],
        trail_frames=params["trail_frames"],
        colours=_colours(result),
    )
    return LabelledVideoConfig(
        look=look,
        first=params["first_frame"],
        last=params["last_frame"],
        frame_numbers=params["frame_numbers"],
    )


def _colours(result: PoseResult) -> tuple[str, ...]:
    """Of each individual of the store: its animal's, as in the studio."""
    own = dict(result.project.animals.values_list("name", "colour"))
    individuals = open_poses(storage.stored_path(result.folder)).individuals
    return tuple(
        own.get(name) or ANIMAL_COLOURS[place % len(ANIMAL_COLOURS)] for place, name in enumerate(individuals)
    )


def _name(result: PoseResult, run: JobRun) -> Path:
    video = result.video
    parts = [video.recording.name, *([video.view] if video.recording.videos.count() > 1 else [])]
    frames = (run.params["first_frame"], run.params["last_frame"])
    if frames != (0, result.frame_count - 1):
        parts.append("frames {}-{}".format(*frames))
    name = slugify(f"{' '.join(parts)} {result.title}")[:150] or "video"
    return Path(f"{name}-labelled.mp4")
