"""Crops turned to the body axis."""

import json

import cv2
import numpy as np
import pytest

from sbea_engine.data import LabelSet
from sbea_engine.pose.alignment import place
from sbea_engine.pose.crops import CropPlan, cut, make_crop_plan


@pytest.fixture
def plan(scene: LabelSet) -> CropPlan:
    return make_crop_plan(scene, long_px=64, most_scale=1.0, multiple=16)


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    there: np.ndarray = points @ matrix[:, :2].T + matrix[:, 2]
    return there


def poses_of(labels: LabelSet, plan: CropPlan) -> np.ndarray:
    poses = labels.points_px.reshape(-1, len(labels.skeleton), 2).astype(np.float64) * plan.scale
    return poses[np.isfinite(poses).all(-1).any(-1)]


class TestMakeCropPlan:
    def test_every_labelled_keypoint_lies_in_its_crop_with_room_to_spare(
        self, scene: LabelSet, plan: CropPlan
    ) -> None:
        poses = poses_of(scene, plan)
        placement = place(plan.body.shape_px, poses, np.ones(poses.shape[:2]))
        for n, pose in enumerate(poses):
            there = moved(pose, plan.matrix(placement, n))
            there = there[np.isfinite(there).all(-1)]
            assert (there > 2).all()
            assert (there < (plan.width - 3, plan.height - 3)).all()

    def test_sides_suit_the_network(self, plan: CropPlan) -> None:
        assert plan.width % 16 == plan.height % 16 == 0
        assert max(plan.width, plan.height) <= 64

    def test_a_large_animal_is_reduced_and_a_small_one_enlarged_to_the_limit(self, scene: LabelSet) -> None:
        small = make_crop_plan(scene, long_px=16, most_scale=3.0, multiple=8)
        large = make_crop_plan(scene, long_px=1000, most_scale=3.0, multiple=8)
        assert small.scale < 1
        assert small.zoom == 1
        assert (large.scale, large.zoom) == (1, 3)

    def test_goes_through_json(self, plan: CropPlan) -> None:
        back = CropPlan.from_dict(json.loads(json.dumps(plan.to_dict())))
        np.testing.assert_array_equal(back.body.shape_px, plan.body.shape_px)
        np.testing.assert_array_equal(back.middle_px, plan.middle_px)
        assert (back.scale, back.zoom, back.width, back.height) == (
            plan.scale,
            plan.zoom,
            plan.width,
            plan.height,
        )


class TestMatrix:
    def test_all_poses_lie_alike_in_their_crops(self, scene: LabelSet, plan: CropPlan) -> None:
        poses = poses_of(scene, plan)
        placement = place(plan.body.shape_px, poses, np.ones(poses.shape[:2]))
        crops = np.stack([moved(pose, plan.matrix(placement, n)) for n, pose in enumerate(poses)])
        assert np.nanstd(crops, axis=0).max() < 0.25 * np.nanstd(poses, axis=0).max()

    def test_a_mirrored_crop_has_the_other_side_where_this_one_was(self, plan: CropPlan) -> None:
        pose = plan.body.shape_px[None] + 40.0
        placement = place(plan.body.shape_px, pose, np.ones(pose.shape[:2]))
        straight = moved(pose[0], plan.matrix(placement, 0))
        mirrored = moved(pose[0], plan.matrix(placement, 0, mirror=True))
        np.testing.assert_allclose(mirrored[:, 0], straight[:, 0], atol=1e-9)
        np.testing.assert_allclose(mirrored[:, 1], plan.height - 1 - straight[:, 1], atol=1e-9)

    def test_what_is_turned_zoomed_and_shifted_is_so_about_the_middle(self, plan: CropPlan) -> None:
        pose = plan.body.shape_px[None] + 40.0
        placement = place(plan.body.shape_px, pose, np.ones(pose.shape[:2]))
        middle = np.array([(plan.width - 1) / 2, (plan.height - 1) / 2])
        straight = moved(pose[0], plan.matrix(placement, 0)) - middle
        other = moved(pose[0], plan.matrix(placement, 0, turn=np.pi / 2, zoom=2.0, shift_px=(3.0, 1.0)))
        np.testing.assert_allclose(other - middle, 2 * straight[:, ::-1] * (-1, 1) + (3, 1), atol=1e-9)


def test_cut_brings_pixels_where_the_matrix_says(plan: CropPlan) -> None:
    image = np.zeros((120, 160), np.uint8)
    image[70, 90] = 255
    pose = plan.body.shape_px[None] + (90.0, 70.0)
    matrix = plan.matrix(place(plan.body.shape_px, pose, np.ones(pose.shape[:2])), 0)
    crop = cut(image, matrix, plan, border=cv2.BORDER_REPLICATE)
    x, y = moved(np.array([90.0, 70.0]), matrix)
    weights = crop / crop.sum()
    rows, columns = np.indices(crop.shape)
    assert crop.shape == (plan.height, plan.width)
    assert (weights * columns).sum() == pytest.approx(x, abs=0.05)
    assert (weights * rows).sum() == pytest.approx(y, abs=0.05)
