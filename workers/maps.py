"""Maps of the poses of a result."""

from __future__ import annotations

from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.pose_map import CLUSTER, PoseMapRequest, write_pose_map
from sbea_engine.pipelines.pose_map_sources import PredictedPoses
from sbea_engine.pose.pose_map.layout import PoseMapConfig
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.sources import video_source_path
from webapp.results.maps.services import MadeMap, pose_map_store
from webapp.results.models import PoseResult
from workers.app import app
from workers.rows import row
from workers.run import job_run
from workers.told import told_each


@app.task(name=JobKind.POSE_MAP, acks_late=True)
def make_map(job_id: str) -> None:
    """Map into the job's own folder and hand it over; a run that was killed begins again."""
    with job_run(job_id) as run:
        results = PoseResult.objects.select_related("model", "project", "video__recording")
        result = row(results.filter(project=run.job.project), run.params["result_id"], "result")
        folder = run.scratch / "map"
        storage.remove_tree(folder)  # of an attempt that was killed
        params = run.params
        made = write_pose_map(
            PredictedPoses(
                store=open_poses(storage.stored_path(result.folder)),
                video=video_source_path(video=result.video),
                min_confidence=params["min_confidence"],
            ),
            folder,
            PoseMapRequest(
                layout=PoseMapConfig(clusters=params["clusters"], seed=params["seed"]),
                colour_by=(CLUSTER, *params["colour_by"]),
            ),
            on_progress=run.report,
        )
        stored = pose_map_store(
            job=run.job,
            result=result,
            made=MadeMap(
                folder=made.folder,
                files=made.files,
                poses=made.poses,
                cluster_sizes=made.cluster_sizes,
                warnings=told_each(made.warnings, run.job),
            ),
        )
        run.result = {"map_id": stored.pk, "poses": stored.poses, "clusters": len(stored.cluster_sizes)}
