"""Reading a video: count and index every frame, write the proxy, make it ready for the browser."""

from __future__ import annotations

from sbea_engine.video import make_proxy
from webapp.jobs.task_names import JobKind
from webapp.recordings.ingest import describe_proxy
from webapp.recordings.models import Video
from webapp.recordings.services import video_ingest_begin, video_store_ready
from webapp.recordings.sources import video_source_path
from workers.app import app
from workers.rows import row
from workers.run import job_run


@app.task(name=JobKind.VIDEO_INGEST, acks_late=True)
def ingest_video(job_id: str) -> None:
    """Make the proxy in the job's own folder, then move it into place: a failure leaves nothing half done."""
    with job_run(job_id) as run:
        video = row(Video.objects.select_related("recording__project"), run.params["video_id"], "video")
        if video.state != Video.State.READY:
            video_ingest_begin(video=video)
            folder = run.scratch / "proxy"
            make_proxy(video_source_path(video=video), folder, on_progress=run.report)
            video_store_ready(video=video, ingested=describe_proxy(folder))
        run.result = {"video_id": video.pk, "frame_count": video.frame_count}
