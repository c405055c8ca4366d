from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sbea_engine.data import CameraGroup
from sbea_engine.geometry import reproject
from sbea_engine.geometry.check import BadRig, check_against, duplicate_cameras, folded_share
from tests.sbea_engine.geometry.conftest import MakeRig


def points_px(rig: CameraGroup, count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    px = reproject(rig, rng.uniform(-120, 120, (count, 3)))
    px += rng.normal(0, 0.5, px.shape)
    px[rng.random(px.shape[:2]) < 0.2] = np.nan
    return px


def with_camera(rig: CameraGroup, which: int, **changes: object) -> CameraGroup:
    cameras = list(rig.cameras)
    cameras[which] = dataclasses.replace(cameras[which], **changes)  # type: ignore[arg-type]
    return CameraGroup(cameras=tuple(cameras))


class TestDuplicates:
    def test_none(self, make_rig: MakeRig) -> None:
        assert duplicate_cameras(make_rig(6, 0)) == ()

    def test_the_same_numbers_under_two_names(self, make_rig: MakeRig) -> None:
        rig = make_rig(4, 0)
        a = rig.cameras[1]
        assert duplicate_cameras(with_camera(rig, 3, R=a.R, t=a.t)) == (("cam1", "cam3"),)

    def test_one_place_but_another_direction_is_possible(self, make_rig: MakeRig) -> None:
        rig = make_rig(3, 0)
        a, R = rig.cameras[1], rig.cameras[2].R
        assert duplicate_cameras(with_camera(rig, 2, t=-R @ a.position_mm)) == ()


class TestFoldedShare:
    def test_none_of_a_lens_that_holds(self, make_rig: MakeRig) -> None:
        assert [folded_share(camera) for camera in make_rig(4, 0, lens=False)] == [0.0] * 4
        assert [folded_share(camera) for camera in make_rig(2, 0)] == [0.0] * 2

    def test_what_lies_outside_the_fold(self, make_rig: MakeRig) -> None:
        """k1 < 0 alone folds where 1 + 3 k1 s = 0, seen at 2/3 of that radius: count the pixels beyond."""
        camera = make_rig(2, 0).cameras[0]
        corner = np.hypot(camera.width / 2 / camera.K[0, 0], camera.height / 2 / camera.K[1, 1])
        k1 = -4 / 27 / (0.8 * corner) ** 2  # the fold is seen at 0.8 of the corner's distance
        K = camera.K.copy()
        K[:2, 2] = (camera.width - 1) / 2, (camera.height - 1) / 2
        folded = dataclasses.replace(camera, K=K, distortion=np.array([k1, 0, 0, 0, 0]))
        y, x = np.mgrid[0 : camera.height, 0 : camera.width]
        beyond = np.hypot((x - K[0, 2]) / K[0, 0], (y - K[1, 2]) / K[1, 1]) > 0.8 * corner
        assert 0.05 < beyond.mean() < 0.5
        assert folded_share(folded) == pytest.approx(beyond.mean(), abs=0.02)


class TestCheckAgainst:
    @pytest.mark.parametrize("count", [2, 3, 6])
    def test_a_true_calibration_passes_with_its_noise(self, make_rig: MakeRig, count: int) -> None:
        rig = make_rig(count, 1)
        found = check_against(rig, points_px(rig))
        assert set(found.median_px) == set(rig.names)
        assert max(found.median_px.values()) < 1.0
        assert found.points > 20

    @pytest.mark.parametrize("which", [0, 2, 3])
    def test_the_camera_at_fault_is_named(self, make_rig: MakeRig, which: int) -> None:
        rig = make_rig(4, 1)
        px = points_px(rig)
        moved = with_camera(rig, which, t=rig.cameras[which].t + np.array([60, -40, 20]))
        with pytest.raises(
            BadRig, match=rf"Camera 'cam{which}' is at fault: .* agree within 0\.\d px"
        ) as caught:
            check_against(moved, px)
        assert caught.value.data["median_px"][f"cam{which}"] > 5

    def test_of_a_camera_under_two_names_the_copy_is_named(self, make_rig: MakeRig) -> None:
        rig = make_rig(4, 1)
        px = points_px(rig)
        a = rig.cameras[3]
        with pytest.raises(BadRig, match=r"Camera 'cam2' is at fault.* has the numbers of camera 'cam3'"):
            check_against(with_camera(rig, 2, K=a.K, R=a.R, t=a.t), px)

    def test_of_two_it_cannot_be_told(self, make_rig: MakeRig) -> None:
        rig = make_rig(2, 1)
        px = points_px(rig)
        with pytest.raises(BadRig, match="Of two cameras it cannot be told"):
            check_against(with_camera(rig, 1, t=rig.cameras[1].t + np.array([90, 90, 0])), px)

    def test_when_all_is_wrong_nobody_is_blamed(self, make_rig: MakeRig) -> None:
        rig = make_rig(4, 1)
        px = points_px(rig)
        with pytest.raises(BadRig, match="No camera alone is at fault"):
            check_against(make_rig(4, 2), px)

    def test_too_few_points(self, make_rig: MakeRig) -> None:
        rig = make_rig(3, 1)
        px = points_px(rig)
        px[1:, 5:] = np.nan
        with pytest.raises(BadRig, match=r"Only \d points were seen by two or more of cam0, cam1, cam2; 8"):
            check_against(rig, px)
        with pytest.raises(BadRig, match=r"Expected points \(view 3, point, 2\)"):
            check_against(rig, px[:2])
