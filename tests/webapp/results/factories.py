"""Rows of models and results that say what a test needs; nothing here computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sbea_engine.data.poses3d import Poses3D
from sbea_engine.io.poses3d_store import write_poses3d
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Recording
from webapp.results.models import PoseResult, Reconstruction
from webapp.training.models import LabelSnapshot, PoseModel


@contextmanager
def folders_of_its_own() -> Iterator[None]:
    """No files of results but those made within: ids come again from test to test, and folders go by them."""
    folders = [storage.media_folder(name) for name in ("results", "reconstructions")]
    for folder in folders:
        storage.remove_tree(folder)
    yield
    for folder in folders:
        storage.remove_tree(folder)


def ready_model(project: Project) -> PoseModel:
    """A row that says ready; nothing can run it."""
    snapshot = LabelSnapshot.objects.create(
        project=project, folder="none", checksum="0" * 64, frame_count=9, point_count=9
    )
    return PoseModel.objects.create(
        project=project,
        name="m",
        snapshot=snapshot,
        skeleton=project.skeleton,
        preset="tiny",
        holdout="none",
        state=PoseModel.State.READY,
    )


def predicted(model: PoseModel, recording: Recording, *views: str) -> dict[str, PoseResult]:
    """Rows that say that the model has been over these views."""
    return {
        view: PoseResult.objects.create(
            project=model.project,
            model=model,
            video=recording.videos.get(view=view),
            state=PoseResult.State.READY,
            frame_count=40,
            frames_done=40,
            individuals=["animal 1"],
        )
        for view in views
    }


def written(found: Reconstruction, done: int | None = None) -> Poses3D:
    """A store as the worker leaves it: keypoint k of tick t at (t, k, 7) mm, and the last one unknown."""
    ticks, keypoints = found.tick_count, len(found.model.skeleton.noun)
    points = np.full((ticks, 1, keypoints, 3), 7, np.float32)
    points[..., 0] = np.arange(ticks)[:, None, None]
    points[..., 1] = np.arange(keypoints)
    points[:, :, -1] = np.nan
    known = np.isfinite(points[..., 0])
    residual = np.where(known, np.float32(0.5), np.nan)[None].repeat(2, axis=0)
    residual[1] *= np.arange(1, 1 + keypoints, dtype=np.float32)
    poses = Poses3D(
        skeleton=found.model.skeleton.noun,
        individuals=("animal 1",),
        views=tuple(found.views),
        ticks=np.arange(ticks, dtype=np.int64),
        points_mm=points,
        sigma_mm=np.where(known, np.float32(2), np.nan),
        n_views=np.where(known, 2, 0).astype(np.int8),
        residual_px=residual.astype(np.float32),
    )
    write_poses3d(poses, storage.stored_path(found.folder))
    rows = Reconstruction.objects.filter(pk=found.pk)
    rows.update(ticks_done=ticks if done is None else done, individuals=["animal 1"])
    return poses
