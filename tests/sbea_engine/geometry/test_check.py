from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sbea_engine.data import CameraGroup
from sbea_engine.geometry import reproject
from sbea_engine.geometry.check import BadRig, check_against, duplicate_cameras
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
