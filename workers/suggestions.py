"""Looking for frames that are worth labelling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.db import transaction

from sbea_engine.video.suggest import suggest_frames
from webapp.annotation.services import BY_MODEL, Suggestion, suggestions_add
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.results.frame_predictions import Point, PredictedFrame, frame_predictions_store
from webapp.results.models import PoseResult
from webapp.training.models import PoseModel
from webapp.training.snapshots import label_set
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

if TYPE_CHECKING:
    from sbea_engine.pipelines.choose_frames import SuggestedFrame, Suggestions

PROXY_FILE = "proxy.mp4"
LEAST_CANDIDATES = 600
CANDIDATES_PER_FRAME = 4
WHY = {
    "kmeans": "stands for pictures that look like it",
    "motion": "much moves here",
    "uniform": "spread evenly over the video",
}


@app.task(name=JobKind.VIDEO_SUGGEST, acks_late=True)
def suggest(job_id: str) -> None:
    """Ask a model where that is wanted, else look through the pictures."""
    with job_run(job_id) as run:
        videos = Video.objects.select_related("recording__project")
        video = row(videos, run.params["video_id"], "video")
        if run.params["method"] == BY_MODEL:
            frames, added = _by_model(run, video)
        else:
            frames, added = _by_pictures(run, video)
        run.result = {"video_id": video.pk, "frames": sorted(frames), "added": added}


def _by_pictures(run: JobRun, video: Video) -> tuple[list[int], int]:
    """Look through the proxy, which has the source's frames one by one and decodes faster.

    Returns:
        The frames, and how many of them were not suggested before.
    """
    found = suggest_frames(
        storage.video_folder(video.pk) / PROXY_FILE,
        run.params["count"],
        method=run.params["method"],
        on_progress=run.report,
    )
    rows = [
        Suggestion(frame_index=s.index, method=s.method, score=s.score, reasons=(WHY[s.method],))
        for s in found
    ]
    return [s.index for s in found], suggestions_add(video=video, found=rows, job=run.job)


def _by_model(run: JobRun, video: Video) -> tuple[list[int], int]:
    """What a model is unsure of or has not seen, by the labels as they are now, with reasons and predictions.

    Predictions of that model over the whole video are used where they are there.

    Returns:
        The frames, and how many of them were not suggested before.
    """
    from sbea_engine.pipelines.choose_frames import ChoosingConfig, suggest_to_label

    model = row(PoseModel.objects.all(), run.params["model_id"], "model")
    count = run.params["count"]
    done = PoseResult.objects.filter(model=model, video=video, state=PoseResult.State.READY)
    found = suggest_to_label(
        [storage.stored_path(model.folder)],
        label_set(project=video.recording.project),
        [video_source_path(video=video)],
        ChoosingConfig(count=count, candidates=max(LEAST_CANDIDATES, CANDIDATES_PER_FRAME * count)),
        stores=[storage.stored_path(result.folder) for result in done],
        on_progress=run.report,
    )
    with transaction.atomic():
        added = _keep(run, video, model, found)
    return [one.chosen.index for one in found.frames], added


def _keep(run: JobRun, video: Video, model: PoseModel, found: Suggestions) -> int:
    rows = [
        Suggestion(
            frame_index=one.chosen.index, method=BY_MODEL, score=one.chosen.score, reasons=one.chosen.reasons
        )
        for one in found.frames
    ]
    added = suggestions_add(video=video, found=rows, job=run.job)
    frames = [PredictedFrame(frame_index=one.chosen.index, points=_points(one)) for one in found.frames]
    frame_predictions_store(video=video, model=model, individuals=found.individuals, frames=frames)
    return added


def _points(frame: SuggestedFrame) -> list[list[Point | None]]:
    """[individual][keypoint], to hundredths of a pixel and thousandths of confidence."""
    return [
        [_point(float(x), float(y), float(sure)) for (x, y), sure in zip(points, confidence, strict=True)]
        for points, confidence in zip(frame.points_px, frame.confidence, strict=True)
    ]


def _point(x: float, y: float, confidence: float) -> Point | None:
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    return round(x, 2), round(y, 2), round(confidence, 3) if math.isfinite(confidence) else 0.0
