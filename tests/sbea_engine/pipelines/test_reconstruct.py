from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from sbea_engine.data import CameraGroup, Poses, Skeleton, SyncTable
from sbea_engine.data.sync import BadSync
from sbea_engine.errors import Cancelled
from sbea_engine.geometry import reproject
from sbea_engine.geometry.check import BadRig
from sbea_engine.io.poses3d_store import BadPoses3DStore, open_poses3d
from sbea_engine.io.poses_store import PosesWriter, write_poses
from sbea_engine.pipelines.reconstruct import CannotReconstruct, ReconstructionOptions, reconstruct
from sbea_engine.pipelines.views_on_ticks import BadViews
from sbea_engine.progress import Progress
from tests.sbea_engine.geometry.conftest import random_rig

SKELETON = Skeleton(keypoints=("snout", "back", "tail"), edges=(("snout", "back"),))
PEOPLE = ("one", "two")
TICKS = 40


class Scene:
    """Two animals of three keypoints before three cameras, and the poses of each view on disk."""

    def __init__(self, folder: Path, sync: SyncTable | None = None) -> None:
        self.folder = folder
        self.rig = random_rig(3, 4)
        self.truth = np.random.default_rng(0).uniform(-100, 100, (TICKS, 2, 3, 3))
        self.px = dict(zip(self.rig.names, reproject(self.rig, self.truth), strict=True))
        self.sync = sync or SyncTable.aligned(dict.fromkeys(self.rig.names, TICKS))
        self.stores = {view: self.write(view) for view in self.rig.names}

    def write(self, view: str, **changes: Any) -> Path:
        row = self.sync.frames_of(view)
        shown = np.flatnonzero(row >= 0)
        facts: dict[str, Any] = {
            "skeleton": SKELETON,
            "individuals": PEOPLE,
            "frames": row[shown],
            "points_px": self.px[view][shown].astype(np.float32),
            "confidence": np.full((len(shown), 2, 3), 0.9, np.float32),
            "provenance": {"video": view},
        }
        return write_poses(Poses(**(facts | changes)), self.folder / view, chunk=16)

    def error_mm(self, store: Path) -> np.ndarray:
        points = open_poses3d(store).window().points_mm
        return np.asarray(np.linalg.norm(points - self.truth, axis=-1))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_true_poses_give_the_truth(scene: Scene, tmp_path: Path) -> None:
    result = reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert scene.error_mm(tmp_path / "out").max() < 0.05
    store = open_poses3d(tmp_path / "out")
    assert (store.skeleton, store.individuals, store.views) == (SKELETON, PEOPLE, scene.rig.names)
    assert (result.tick_count, result.reconstructed_now, result.warnings) == (TICKS, TICKS, ())
    poses = store.window()
    assert (poses.n_views == 3).all()
    assert poses.residual_px.max() < 0.01
    assert CameraGroup.from_dict(store.provenance["calibration"]).names == scene.rig.names


def late_and_lossy() -> SyncTable:
    """The second view starts 5 ticks late and drops one frame in the middle, the third ends 8 ticks early."""
    frames = np.full((3, TICKS), -1, np.int64)
    frames[0] = np.arange(TICKS)
    shown = np.array([t for t in range(5, TICKS) if t != 20])
    frames[1, shown] = np.arange(len(shown))
    frames[2, : TICKS - 8] = np.arange(TICKS - 8) + 100  # the camera ran before the first tick
    return SyncTable(views=("cam0", "cam1", "cam2"), frames=frames)


def test_offsets_and_drops(tmp_path: Path) -> None:
    scene = Scene(tmp_path, late_and_lossy())
    reconstruct(scene.rig, scene.stores, tmp_path / "out", sync=scene.sync, chunk=7)
    assert scene.error_mm(tmp_path / "out").max() < 0.05
    poses = open_poses3d(tmp_path / "out").window()
    expected = (scene.sync.frames >= 0).sum(axis=0)
    np.testing.assert_array_equal(poses.n_views[:, 0, 0], expected)
    assert np.isnan(poses.residual_px[1, [0, 4, 20]]).all()
    # without the table the views are mixed up, which shows
    del scene.stores["cam2"]
    reconstruct(scene.rig, scene.stores, tmp_path / "wrong")
    assert not np.nanmedian(scene.error_mm(tmp_path / "wrong")) < 0.05


def test_a_tick_that_no_view_or_one_view_shows_is_unknown(tmp_path: Path) -> None:
    frames = np.tile(np.arange(TICKS), (3, 1))
    frames[:, 10], frames[1:, 11] = -1, -1
    scene = Scene(tmp_path, SyncTable(views=("cam0", "cam1", "cam2"), frames=frames))
    reconstruct(scene.rig, scene.stores, tmp_path / "out", sync=scene.sync)
    poses = open_poses3d(tmp_path / "out").window()
    assert np.isnan(poses.points_mm[[10, 11]]).all()
    assert np.isfinite(np.delete(poses.points_mm, [10, 11], axis=0)).all()
    assert len(poses) == TICKS


def test_individuals_are_matched_by_name(scene: Scene, tmp_path: Path) -> None:
    """One view has them in the other order, one knows only one of them."""
    scene.stores["cam1"] = scene.write(
        "cam1", individuals=("two", "one"), points_px=scene.px["cam1"][:, ::-1].astype(np.float32)
    )
    scene.stores["cam2"] = scene.write(
        "cam2",
        individuals=("two",),
        points_px=scene.px["cam2"][:, 1:].astype(np.float32),
        confidence=np.ones((TICKS, 1, 3), np.float32),
    )
    reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert scene.error_mm(tmp_path / "out").max() < 0.05
    assert open_poses3d(tmp_path / "out").window().n_views[0].tolist() == [[2, 2, 2], [3, 3, 3]]


def test_keypoints_are_matched_by_name(scene: Scene, tmp_path: Path) -> None:
    turned = Skeleton(keypoints=SKELETON.keypoints[::-1])
    scene.stores["cam2"] = scene.write(
        "cam2", skeleton=turned, points_px=scene.px["cam2"][:, :, ::-1].astype(np.float32)
    )
    reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert scene.error_mm(tmp_path / "out").max() < 0.05


def test_an_individual_of_one_view_is_nowhere_and_said_so(scene: Scene, tmp_path: Path) -> None:
    scene.stores["cam2"] = scene.write("cam2", individuals=("one", "three"))
    result = reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert result.warnings == ("Only view cam2 knows 'three', so it cannot be placed.",)
    poses = open_poses3d(tmp_path / "out").window()
    assert poses.individuals == ("one", "two", "three")
    assert np.isnan(poses.points_mm[:, 2]).all()
    assert np.isfinite(poses.points_mm[:, :2]).all()


def test_unsure_keypoints_take_no_part(scene: Scene, tmp_path: Path) -> None:
    wrong = scene.px["cam2"].copy()
    wrong[:, 0, 1] += 400
    confidence = np.full((TICKS, 2, 3), 0.9, np.float32)
    confidence[:, 0, 1] = 0.05
    confidence[:, 1, 2] = np.nan
    scene.stores["cam2"] = scene.write("cam2", points_px=wrong.astype(np.float32), confidence=confidence)
    reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert scene.error_mm(tmp_path / "out").max() < 0.05
    n_views = open_poses3d(tmp_path / "out").window().n_views
    assert (n_views[:, 0, 1] == 2).all()
    assert (n_views[:, 1, 2] == 2).all()


def test_stretches_without_an_animal(scene: Scene, tmp_path: Path) -> None:
    """An animal absent at the start, and one that no view sees for a while."""
    for view in scene.rig.names:
        px = scene.px[view].astype(np.float32)
        px[:6, 1], px[20:30] = np.nan, np.nan
        scene.stores[view] = scene.write(view, points_px=px)
    reconstruct(scene.rig, scene.stores, tmp_path / "out", chunk=5)
    points = open_poses3d(tmp_path / "out").window().points_mm
    known = np.asarray(np.isfinite(points).all(axis=(2, 3)))
    assert known[:, 0].tolist() == [not 20 <= t < 30 for t in range(TICKS)]
    assert known[:, 1].tolist() == [t >= 6 and not 20 <= t < 30 for t in range(TICKS)]
    assert (np.isnan(points).any(axis=(2, 3)) == ~known).all()


class TestStopping:
    def run(self, scene: Scene, out: Path, stop_at: int | None = None) -> list[Progress]:
        seen: list[Progress] = []

        def listen(progress: Progress) -> None:
            seen.append(progress)
            if progress.done == stop_at:
                raise Cancelled

        reconstruct(scene.rig, scene.stores, out, chunk=8, on_progress=listen)
        return seen

    def test_goes_on_where_it_stopped(self, scene: Scene, tmp_path: Path) -> None:
        with pytest.raises(Cancelled):
            self.run(scene, tmp_path / "out", stop_at=16)
        assert open_poses3d(tmp_path / "out").ticks_done == 16
        assert [p.done for p in self.run(scene, tmp_path / "out")] == [16, 24, 32, 40]
        self.run(scene, tmp_path / "straight")
        resumed, straight = (open_poses3d(tmp_path / name).window() for name in ("out", "straight"))
        np.testing.assert_array_equal(resumed.points_mm, straight.points_mm)
        np.testing.assert_array_equal(resumed.residual_px, straight.residual_px)

    @staticmethod
    def forget_digests(store: Path) -> None:
        attributes = zarr.open_group(str(store / "poses3d.zarr"), mode="r+").attrs
        provenance: Any = attributes["provenance"]
        attributes["provenance"] = {k: v for k, v in provenance.items() if k != "poses_sha256"}

    def test_goes_on_after_an_upgrade_and_names_both_versions(
        self, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for version, stop_at in (("0.1.0", 16), ("0.2.0", 24)):
            monkeypatch.setattr("sbea_engine.io.window_store.__version__", version)
            with pytest.raises(Cancelled):
                self.run(scene, tmp_path / "out", stop_at=stop_at)
            self.forget_digests(tmp_path / "out")  # which the first versions did not note
        assert [p.done for p in self.run(scene, tmp_path / "out")] == [24, 32, 40]
        assert open_poses3d(tmp_path / "out").versions == ("0.1.0", "0.2.0")
        assert scene.error_mm(tmp_path / "out").max() < 0.05
        monkeypatch.setattr("sbea_engine.io.window_store.__version__", "0.3.0")
        assert [p.done for p in self.run(scene, tmp_path / "out")] == [40]
        assert open_poses3d(tmp_path / "out").versions == ("0.1.0", "0.2.0")  # it wrote nothing

    @pytest.mark.parametrize("change", ["calibration", "poses", "imported again", "options", "sync"])
    def test_another_run_is_refused(self, scene: Scene, tmp_path: Path, change: str) -> None:
        reconstruct(scene.rig, scene.stores, tmp_path / "out")
        rig, options, sync = scene.rig, ReconstructionOptions(), scene.sync
        if change == "calibration":
            moved = dataclasses.replace(rig.cameras[0], t=rig.cameras[0].t + 0.001)
            rig = CameraGroup(cameras=(moved, *rig.cameras[1:]))
        elif change == "poses":
            scene.write("cam0", provenance={"video": "another"})
        elif change == "imported again":
            shifted = scene.px["cam0"][scene.sync.frames_of("cam0") >= 0] + 1
            scene.write("cam0", points_px=shifted.astype(np.float32))
        elif change == "options":
            options = ReconstructionOptions(min_confidence=0.3)
        else:
            frames = scene.sync.frames.copy()
            frames[0, 3] = -1
            sync = SyncTable(views=scene.sync.views, frames=frames)
        with pytest.raises(BadPoses3DStore, match=r"another run \(provenance differ"):
            reconstruct(rig, scene.stores, tmp_path / "out", sync=sync, options=options)
        assert open_poses3d(tmp_path / "out").complete


class TestRefused:
    def refused(self, scene: Scene, stores: Mapping[str, Path], **changes: Any) -> None:
        out = scene.folder / "out"
        try:
            reconstruct(changes.pop("rig", scene.rig), stores, out, **changes)
        finally:
            assert not out.exists()

    def test_a_view_without_a_camera(self, scene: Scene) -> None:
        with pytest.raises(CannotReconstruct, match="no camera for view back; it has cam0, cam1, cam2"):
            self.refused(scene, scene.stores | {"back": scene.stores["cam0"]})

    @pytest.mark.parametrize("views", [("cam1",), ()])
    def test_fewer_than_two_views(self, scene: Scene, views: tuple[str, ...]) -> None:
        with pytest.raises(CannotReconstruct, match=f"two or more views, got {len(views)}"):
            self.refused(scene, {view: scene.stores[view] for view in views})

    def test_a_camera_under_two_names(self, scene: Scene) -> None:
        again = dataclasses.replace(scene.rig.cameras[0], name="cam1")
        rig = CameraGroup(cameras=(scene.rig.cameras[0], again, scene.rig.cameras[2]))
        with pytest.raises(BadRig, match="'cam0' and 'cam1' have the same place"):
            self.refused(scene, scene.stores, rig=rig)

    def test_unlike_keypoints(self, scene: Scene) -> None:
        scene.write("cam1", skeleton=Skeleton(keypoints=("snout", "back", "ear")))
        with pytest.raises(BadViews, match="'cam0' and 'cam1' have unlike keypoints: ear, tail"):
            self.refused(scene, scene.stores)

    def test_unfinished_poses(self, scene: Scene, tmp_path: Path) -> None:
        writer = PosesWriter(tmp_path / "half", SKELETON, PEOPLE, 10, 4)
        writer.append(np.zeros((5, 2, 3, 2)), np.ones((5, 2, 3)))
        with pytest.raises(BadViews, match="only 4 of 10 frames of view 'cam1'"):
            self.refused(scene, scene.stores | {"cam1": tmp_path / "half"})

    def test_a_table_of_another_recording(self, scene: Scene) -> None:
        with pytest.raises(BadSync, match=r"has 40 frames, but frame 40 .* another recording"):
            self.refused(scene, scene.stores, sync=SyncTable.aligned(dict.fromkeys(scene.rig.names, 41)))
        with pytest.raises(BadSync, match="No view 'cam2'"):
            self.refused(scene, scene.stores, sync=SyncTable.aligned({"cam0": 40, "cam1": 40}))


def test_a_camera_without_poses_takes_no_part(scene: Scene, tmp_path: Path) -> None:
    del scene.stores["cam1"]
    result = reconstruct(scene.rig, scene.stores, tmp_path / "out")
    assert result.views == ("cam0", "cam2")
    assert result.warnings == ("No poses of camera cam1: it takes no part.",)
    error = scene.error_mm(tmp_path / "out")
    assert np.isfinite(error).mean() > 0.9
    assert np.nanmax(error) < 0.05


def test_poses_whose_individuals_are_only_places_are_warned_of(scene: Scene, tmp_path: Path) -> None:
    scene.stores["cam1"] = scene.write("cam1", provenance={"individuals_are_places": True})
    (warning,) = reconstruct(scene.rig, scene.stores, tmp_path / "out").warnings
    assert "view cam1 does not tell individuals apart" in warning


def test_a_calibration_by_which_the_views_do_not_meet_is_warned_of(scene: Scene, tmp_path: Path) -> None:
    knocked = dataclasses.replace(scene.rig.cameras[1], t=scene.rig.cameras[1].t + np.array([60, -60, 0]))
    rig = CameraGroup(cameras=(scene.rig.cameras[0], knocked, scene.rig.cameras[2]))
    (warning,) = reconstruct(rig, scene.stores, tmp_path / "out").warnings
    assert "Camera 'cam1' is at fault" in warning


def test_a_lens_that_folds_inside_its_picture_is_warned_of(scene: Scene, tmp_path: Path) -> None:
    bent = dataclasses.replace(scene.rig.cameras[1], distortion=np.array([-3.0, 0, 0, 0, 0]))
    rig = CameraGroup(cameras=(scene.rig.cameras[0], bent, scene.rig.cameras[2]))
    warnings = reconstruct(rig, scene.stores, tmp_path / "out").warnings
    assert "The lens model of camera cam1 folds inside its picture" in warnings[0]
    assert not [text for text in warnings[1:] if "folds" in text]  # of cam2 one corner does


def test_poses_that_are_sure_of_nothing_cannot_check_the_calibration(scene: Scene, tmp_path: Path) -> None:
    for view in scene.rig.names:
        scene.stores[view] = scene.write(view, confidence=np.full((TICKS, 2, 3), 0.3, np.float32))
    (warning,) = reconstruct(scene.rig, scene.stores, tmp_path / "out").warnings
    assert "too few keypoints" in warning
    assert scene.error_mm(tmp_path / "out").max() < 0.05
