"""Looking for frames that are worth labelling."""

from __future__ import annotations

from typing import Any

from sbea_engine.video.suggest import suggest_frames
from webapp.annotation.services import BY_MODEL, Suggestion, suggestions_add
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.results.models import PoseResult
from webapp.training.models import PoseModel
from webapp.training.snapshots import label_set
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

PROXY_FILE = "proxy.mp4"
LEAST_CANDIDATES = 600
CANDIDATES_PER_FRAME = 4


@app.task(name=JobKind.VIDEO_SUGGEST, acks_late=True)
def suggest(job_id: str) -> None:
    """Ask a model where that is wanted, else look through the pictures."""
    with job_run(job_id) as run:
        videos = Video.objects.select_related("recording__project")
        video = row(videos, run.params["video_id"], "video")
        look = _by_model if run.params["method"] == BY_MODEL else _by_pictures
        found = look(run, video)
        added = suggestions_add(video=video, found=found)
        result: dict[str, Any] = {"video_id": video.pk, "frames": [s.frame_index for s in found]}
        run.result = {**result, "added": added}


def _by_pictures(run: JobRun, video: Video) -> list[Suggestion]:
    """Look through the proxy, which has the source's frames one by one and decodes faster."""
    found = suggest_frames(
        storage.video_folder(video.pk) / PROXY_FILE,
        run.params["count"],
        method=run.params["method"],
        on_progress=run.report,
    )
    return [Suggestion(frame_index=s.index, method=s.method, score=s.score) for s in found]


def _by_model(run: JobRun, video: Video) -> list[Suggestion]:
    """What a model is unsure of or has not seen, by the labels as they are now, with the reasons.

    Predictions of that model over the whole video are used where they are there.
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
    return [
        Suggestion(
            frame_index=one.chosen.index, method=BY_MODEL, score=one.chosen.score, reasons=one.chosen.reasons
        )
        for one in sorted(found.frames, key=lambda frame: frame.chosen.index)
    ]
