"""Trained models without a training: rows, figures and files as a worker hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.pose.heldout import HELD_OUT_FILE, HeldOut, HeldOutFrame
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.training.models import LabelSnapshot, PoseModel
from webapp.training.services import pose_model_store
from webapp.training.snapshots import video_name

_numbers = count(1)


def trained_model(
    project: Project, *, labels: int = 20, error_px: float | None = 2.0, **fields: Any
) -> PoseModel:
    """A model that is ready, with this mean held-out error; None for one without held-out frames."""
    number = next(_numbers)
    snapshot = LabelSnapshot.objects.create(
        project=project, folder="none", checksum=f"{number:064d}", frame_count=labels, point_count=4 * labels
    )
    test = {} if error_px is None else {"test": {"n": 16, "mean_px": error_px, "by_keypoint": {}}}
    values: dict[str, Any] = {
        "name": f"model {number}",
        "preset": "fast",
        "holdout": "last:0.2",
        "state": PoseModel.State.READY,
        "metrics": test,
        **fields,
    }
    return PoseModel.objects.create(project=project, snapshot=snapshot, skeleton=project.skeleton, **values)


def held_out(video: Video, frames: Sequence[int], distance_px: float) -> HeldOut:
    """Answers this far to the right of labels at (10 k, 20) on these frames of a video."""
    keypoints = video.recording.project.skeleton.noun.keypoints
    labels = np.zeros((len(frames), 1, len(keypoints), 2))
    labels[..., 0] = 10 * np.arange(len(keypoints))
    labels[..., 1] = 20
    name = video_name(video)
    return HeldOut(
        keypoints=tuple(keypoints),
        individuals=("animal 1",),
        frames=tuple(HeldOutFrame(video=name, index=i, moment=(name, i)) for i in frames),
        labels_px=labels,
        points_px=labels + np.array([distance_px, 0.0]),
        confidence=np.full(labels.shape[:-1], 0.75),
        total=len(frames),
    )


def with_answers(model: PoseModel, answers: HeldOut, draft: Path) -> PoseModel:
    """The model with a folder that holds what it said, put in place as a worker does."""
    draft.mkdir()
    answers.save(draft / HELD_OUT_FILE)
    pose_model_store(model=model, folder=draft, card=model.card, metrics=model.metrics)
    assert (storage.stored_path(model.folder) / HELD_OUT_FILE).is_file()
    return model
