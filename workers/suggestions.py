"""Looking for frames that are worth labelling."""

from __future__ import annotations

from sbea_engine.video.suggest import suggest_frames
from webapp.annotation.services import suggestions_add
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Video
from workers.app import app
from workers.rows import row
from workers.run import job_run

PROXY_FILE = "proxy.mp4"


@app.task(name=JobKind.VIDEO_SUGGEST, acks_late=True)
def suggest(job_id: str) -> None:
    """Look through the proxy, which has the source's frames one by one and decodes faster."""
    with job_run(job_id) as run:
        video = row(Video.objects.all(), run.params["video_id"], "video")
        found = suggest_frames(
            storage.video_folder(video.pk) / PROXY_FILE,
            run.params["count"],
            method=run.params["method"],
            on_progress=run.report,
        )
        added = suggestions_add(video=video, found=[(s.index, s.method, s.score) for s in found])
        run.result = {"video_id": video.pk, "frames": [s.index for s in found], "added": added}
