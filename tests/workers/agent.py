"""A process beside the studio that does what a person does, on the same database: JSON lines in and out.

The tests of killed processes cannot use the test database: the studio's own processes do not know it.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

import django

from webapp.config.mode import choose_settings

choose_settings()
django.setup()

from tests.webapp.factories import make_project  # noqa: E402
from tests.workers import slow_kind  # noqa: E402
from tests.workers.project_rows import finish, make_labelled_video  # noqa: E402
from webapp.accounts.models import User  # noqa: E402
from webapp.jobs.models import Job, JobEvent  # noqa: E402
from webapp.jobs.services import job_cancel, job_start  # noqa: E402
from webapp.projects.models import Project  # noqa: E402


def start(*, steps: int, step_s: float) -> str:
    """Start a counting job in a new project."""
    project = make_project()
    job = job_start(
        kind=slow_kind.KIND, project=project, params={"steps": steps, "step_s": step_s}, by=project.created_by
    )
    return str(job.pk)


def look(*, job: str) -> dict[str, Any]:
    """The job as it is now, and the states that its log tells of."""
    row = Job.objects.get(pk=job)
    states = [e.data["state"] for e in JobEvent.objects.filter(job=row, kind="state").order_by("seq")]
    fields = ("state", "attempt", "result", "error", "worker", "progress")
    return {**{name: getattr(row, name) for name in fields}, "states": states}


def cancel(*, job: str) -> None:
    """Cancel as the project's owner."""
    row = Job.objects.select_related("project__created_by").get(pk=job)
    assert row.project.created_by is not None
    job_cancel(job=row, by=row.project.created_by)


def video() -> dict[str, Any]:
    """A project of the administrator with a video of 1000 frames to label; its files do not matter here."""
    from webapp.recordings.models import Recording, Video

    project = make_project(User.objects.get(is_superuser=True))
    recording = Recording.objects.create(project=project, name="take 1")
    row = Video.objects.create(
        recording=recording,
        view="cam-1",
        source_path="/nowhere.mp4",
        source_kind="video",
        state="ready",
        frame_count=1000,
        width=640,
        height=480,
    )
    animal = project.animals.get()
    return {"project": project.pk, "video": row.pk, "animal": animal.pk}


def train(*, iterations: int) -> dict[str, Any]:
    """Start a real training of so many iterations on a small labelled video."""
    from webapp.training.services import TrainingRequest, pose_model_train

    video = make_labelled_video(make_project())
    project = video.recording.project
    assert project.created_by is not None
    model = pose_model_train(project=project, request=TrainingRequest(preset="tiny"), by=project.created_by)
    model.config["iterations"] = iterations
    model.save()
    return {"job": str(model.job_id), "model": model.pk}


def training_steps(*, job: str) -> list[list[int]]:
    """Attempt and iteration of every report of a training."""
    found, attempt = [], 0
    for event in JobEvent.objects.filter(job=UUID(job)).order_by("seq"):
        attempt += event.kind == "state" and event.data["state"] == "running"
        if event.kind == "progress" and event.data["stage"] == "train":
            found.append([attempt, event.data["done"]])
    return found


def model(*, model: int) -> dict[str, Any]:
    """How a model stands, and how many iterations its card tells of."""
    from webapp.training.models import PoseModel

    row = PoseModel.objects.get(pk=model)
    return {"state": row.state, "iterations": row.card.get("training", {}).get("iterations")}


def predict(*, frames: int) -> dict[str, Any]:
    """Train a small model here and start a prediction of a video of so many frames."""
    from webapp.results.services import prediction_start
    from webapp.training.models import PoseModel
    from webapp.training.services import TrainingRequest, pose_model_train
    from workers.training import train_pose

    project = make_project()
    video = make_labelled_video(project, frames=frames)
    assert project.created_by is not None
    request = TrainingRequest(preset="tiny", family="pyramid")
    model = pose_model_train(project=project, request=request, by=project.created_by)
    model.config["iterations"] = 20
    model.save()
    finish(train_pose, model.job)
    model = PoseModel.objects.get(pk=model.pk)
    result = prediction_start(model=model, video=video, by=project.created_by)
    return {"job": str(result.job_id), "result": result.pk}


def ranges(*, job: str) -> list[dict[str, Any]]:
    """Who works on which range of a job."""
    from webapp.jobs.models import JobRange

    rows = JobRange.objects.filter(job_id=UUID(job)).order_by("number")
    return [
        {"number": r.number, "holder": r.holder, "finished": r.finished, "frames_done": r.frames_done}
        for r in rows
    ]


def furthest(*, result: int, alone: str) -> dict[str, Any]:
    """How far a result is from what one run alone makes of it, into the folder `alone`."""
    from pathlib import Path

    import numpy as np

    from sbea_engine.io.poses_store import open_poses
    from sbea_engine.pipelines.pose_video import predict_video
    from webapp.recordings import storage
    from webapp.recordings.sources import video_source_path
    from webapp.results.models import PoseResult

    row = PoseResult.objects.select_related("model", "video__recording").get(pk=result)
    assert row.model is not None
    folder = storage.stored_path(row.model.folder)
    predict_video(folder, video_source_path(video=row.video), Path(alone), threads=1)
    one, many = open_poses(Path(alone)).window(), open_poses(storage.stored_path(row.folder)).window()
    return {"frames": len(many), "px": float(np.nanmax(np.abs(one.points_px - many.points_px)))}


def projects() -> int:
    """How many projects there are."""
    return Project.objects.count()


COMMANDS = {
    call.__name__: call
    for call in (
        start,
        look,
        cancel,
        video,
        train,
        training_steps,
        model,
        predict,
        ranges,
        furthest,
        projects,
    )
}


def main() -> None:
    """Answer one line for each line."""
    for line in sys.stdin:
        request = json.loads(line)
        answer = COMMANDS[request.pop("command")](**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
