"""A long recording of a rig whose predictions are the truth with noise: what is left is to reconstruct it.

`python -m tests.e2e.long_rig RECORDING PREDICTIONS`, run beside a studio, stores the predictions as those of
a model over the views of a recording and prints the number of the model.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.camera import Camera, CameraGroup
from sbea_engine.geometry import project as project_points
from sbea_engine.synth import load_recipe, load_truth
from sbea_engine.synth.film import FilmWriter
from sbea_engine.synth.truth_only import write_truth_only
from tests.e2e.api import StudioApi
from tests.e2e.studio_server import StudioServer

if TYPE_CHECKING:
    from webapp.projects.models import Project
    from webapp.training.models import PoseModel

NOISE_PX = 0.3
PICTURE_WIDTH = 192
FLOOR_GREY, ANIMAL_GREY, MARK_PX = 90, 220, 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LongRig:
    """Two mice, filmed in few and large strokes.

    Attributes:
        videos: By view.
        points_mm: float32 (tick, individual, keypoint, 3).
        predictions: npz of the truth in each view, with noise: float32 (tick, individual, keypoint, 2).
        truth: npz of `points_mm` and `individuals`.
    """

    videos: dict[str, Path]
    cameras: CameraGroup
    skeleton: Skeleton
    individuals: tuple[str, ...]
    points_mm: NDArray[np.float32]
    predictions: Path
    truth: Path


def film_long_rig(out: Path, *, ticks: int, cameras: int = 2, seed: int = 5) -> LongRig:
    """Write videos and predictions of `ticks` ticks into the new folder `out`."""
    recipe = load_recipe("dyad")
    truth = load_truth(write_truth_only(recipe, frames=ticks, seed=seed, out=out / "truth"))
    rig = [_smaller(camera) for camera in recipe.cameras.cameras(cameras, recipe.arena.arena())]
    chance = np.random.default_rng(seed)
    videos, arrays = {}, {}
    for camera in rig:
        points, _ = project_points(camera, truth.points_mm)
        videos[camera.name] = _film(out / f"{camera.name}.mp4", points, camera, recipe.fps)
        arrays[camera.name] = (points + chance.normal(0, NOISE_PX, points.shape)).astype(np.float32)
    predictions = out / "predictions.npz"
    np.savez(predictions, allow_pickle=False, individuals=np.array(truth.individuals), **arrays)
    positions = out / "points.npz"
    np.savez(
        positions, allow_pickle=False, points_mm=truth.points_mm, individuals=np.array(truth.individuals)
    )
    return LongRig(
        videos=videos,
        cameras=CameraGroup(cameras=tuple(rig)),
        skeleton=truth.skeleton,
        individuals=truth.individuals,
        points_mm=truth.points_mm,
        predictions=predictions,
        truth=positions,
    )


def _smaller(camera: Camera) -> Camera:
    """The same view in a picture that is encoded fast."""
    scale = PICTURE_WIDTH / camera.width
    K = camera.K.copy()
    K[:2] *= scale
    return replace(camera, width=PICTURE_WIDTH, height=2 * round(camera.height * scale / 2), K=K)


def _film(file: Path, points_px: NDArray[np.float64], camera: Camera, fps: float) -> Path:
    """A square for each animal's middle on an even floor."""
    middles = np.nan_to_num(points_px.mean(axis=2)).round().astype(int)
    with FilmWriter(file, width=camera.width, height=camera.height, fps=fps) as film:
        for row in middles:
            picture = np.full((camera.height, camera.width, 3), FLOOR_GREY, np.uint8)
            for x, y in row.clip(MARK_PX, [camera.width, camera.height]):
                picture[y - MARK_PX : y + MARK_PX, x - MARK_PX : x + MARK_PX] = ANIMAL_GREY
            film.append(picture)
    return file


def predicted_recording(
    api: StudioApi, studio: StudioServer, rig: LongRig, name: str
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """A project with this recording, calibrated and predicted: project, recording, number of the model."""
    skeleton = rig.skeleton.to_dict()
    wanted = {key: skeleton[key] for key in ("keypoints", "edges", "symmetric") if key in skeleton}
    made = api.call("POST", "/projects", {"name": name} | wanted)
    project = api.call("GET", f"/projects/{made['id']}")
    recording = api.register_views(project["id"], name, rig.videos)
    text = json.dumps(rig.cameras.to_dict())
    calibration = api.call(
        "POST", f"/projects/{project['id']}/calibrations", {"filename": "rig.json", "text": text}
    )
    api.call("PUT", f"/recordings/{recording['id']}/calibration", {"calibration_id": calibration["id"]})
    printed = studio.python("-m", "tests.e2e.long_rig", str(recording["id"]), str(rig.predictions))
    return project, recording, int(printed.strip().splitlines()[-1])


def _store(recording_id: int, predictions: Path) -> int:
    """Predictions as a worker leaves them; returns the number of the model that they are said to be of."""
    from sbea_engine.io.poses_store import write_poses
    from webapp.recordings import storage
    from webapp.recordings.models import Recording
    from webapp.results.models import PoseResult
    from webapp.results.services import result_finish

    recording = Recording.objects.get(pk=recording_id)
    model = _model(recording.project)
    with np.load(predictions, allow_pickle=False) as arrays:
        individuals = tuple(arrays["individuals"].tolist())
        for video in recording.videos.all():
            points = arrays[video.view]
            result = PoseResult.objects.create(
                project=model.project, model=model, video=video, frame_count=len(points)
            )
            result.folder = storage.stored_name(storage.result_folder(result.pk))
            result.save()
            poses = Poses(
                skeleton=model.skeleton.noun,
                individuals=individuals,
                frames=np.arange(len(points), dtype=np.int64),
                points_px=points,
                confidence=np.full(points.shape[:-1], 0.9, np.float32),
            )
            write_poses(poses, storage.stored_path(result.folder))
            result_finish(result=result, frames_done=len(points), individuals=individuals)
    return int(model.pk)


def _model(project: Project) -> PoseModel:
    """A row that says ready; nobody runs it."""
    from webapp.training.models import LabelSnapshot, PoseModel

    snapshot = LabelSnapshot.objects.create(
        project=project, folder="none", checksum="0" * 64, frame_count=1, point_count=1
    )
    return PoseModel.objects.create(
        project=project,
        name="truth with noise",
        snapshot=snapshot,
        skeleton=project.skeleton,
        preset="tiny",
        holdout="none",
        state=PoseModel.State.READY,
    )


def main(recording_id: str, predictions: str) -> None:
    import django

    from webapp.config.mode import choose_settings

    choose_settings()
    django.setup()
    sys.stdout.write(f"{_store(int(recording_id), Path(predictions))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
