"""Two stages that do not agree: other placements are looked at, and the likeliest by both is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from sbea_engine.pose.alignment import Placement, in_image, place
from sbea_engine.pose.body import Body
from sbea_engine.pose.close_look import Look
from sbea_engine.pose.crops import CropPlan
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import Maps
from sbea_engine.pose.plan import Size, WorkingPlan
from sbea_engine.pose.turned_maps import Turns
from sbea_engine.pose.two_stage import TwoSizes, TwoStageLocator, TwoStageNetwork, TwoStagePlan

SHAPE = np.array([[20.0, 0.0], [14.0, -7.0], [14.0, 7.0], [-12.0, 0.0], [-26.0, 0.0]])
"""Snout, two ears, tail base, tail tip."""

PLAN = TwoStagePlan(
    coarse=WorkingPlan(scale=1.0, crop_px=64, radius_px=2.0),
    crop=CropPlan(
        body=Body(SHAPE, np.full(5, 3.0)), middle_px=np.zeros(2), scale=1.0, zoom=1.0, width=64, height=64
    ),
    radius_px=2.0,
)


AS_IT_IS = Turns(False, None)


def lying(x: float, y: float, angle: float) -> np.ndarray:
    pose: np.ndarray = in_image(Placement(np.array([[x, y]]), np.array([angle])), SHAPE)[0]
    return pose


TRUE, OPPOSED = lying(60, 48, 0.4), lying(60, 48, 0.4 + np.pi)


class Hills(PoseMachine):
    """A coarse network that sees a hill at each of some poses, of given heights."""

    hills: Sequence[tuple[np.ndarray, float]] = ()

    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        rows, columns = levels[0].shape[-2:]
        y, x = np.mgrid[:rows, :columns] * 2 + 0.5
        maps = np.full((5, rows, columns), -12.0)
        for pose, height in self.hills:
            for k, (px, py) in enumerate(pose):
                maps[k] = np.maximum(maps[k], height - ((x - px) ** 2 + (y - py) ** 2) / 8)
        one = torch.from_numpy(maps.astype(np.float32))
        return Maps(one.expand(len(levels[0]), -1, -1, -1))


class Knowing:
    """A close look that agrees with one pose, and sees the keypoints there."""

    def __init__(self, right: np.ndarray) -> None:
        self.right = right
        self.looks: list[int] = []

    def look(self, images: Sequence[np.ndarray], points_px: np.ndarray, trust: np.ndarray) -> Look:
        self.looks.append(len(points_px))
        near = np.linalg.norm(points_px - self.right, axis=-1) < 4
        return Look(
            place(SHAPE, points_px, np.maximum(trust, 1e-3), outlier_px=3),
            np.where(near[..., None], self.right, points_px).astype(np.float32),
            np.where(near, 2.0, -2.0).astype(np.float32),
            np.where(near, -0.1, -3.0).astype(np.float32),
        )


def locator(hills: Sequence[tuple[np.ndarray, float]], right: np.ndarray) -> tuple[TwoStageLocator, Knowing]:
    coarse = Hills(1, 5, 1, (8, 16, 24)).eval()
    coarse.hills = hills
    found = TwoStageLocator(TwoStageNetwork(coarse, PoseMachine(1, 5, 1, (8, 16, 24))), PLAN, 1, AS_IT_IS)
    knowing = Knowing(right)
    found._close = knowing  # type: ignore[assignment]
    return found, knowing


def frames(count: int) -> list[TwoSizes]:
    image = np.zeros((96, 128), np.uint8)
    return [TwoSizes(image, image, Size(128, 96))] * count


def test_the_direction_that_both_stages_think_more_of_is_taken() -> None:
    found, knowing = locator([(OPPOSED, 6.0), (TRUE, 5.0)], TRUE)
    got = found.locate(frames(2))
    np.testing.assert_allclose(got.points_px, np.stack([TRUE, TRUE]), atol=1e-3)
    assert (got.confidence_logit > 0).all()
    assert knowing.looks[0] == 2
    assert knowing.looks[1] >= 4  # two placements of each frame


def test_where_both_agree_nothing_else_is_looked_at() -> None:
    found, knowing = locator([(TRUE, 6.0)], TRUE)
    np.testing.assert_allclose(found.locate(frames(3)).points_px[0], TRUE, atol=1e-3)
    assert knowing.looks == [3]


def test_a_fine_stage_that_agrees_with_neither_changes_nothing() -> None:
    found, knowing = locator([(OPPOSED, 6.0), (TRUE, 5.0)], np.full((5, 2), 500.0))
    got = found.locate(frames(1)).points_px[0]
    np.testing.assert_allclose(got, OPPOSED, atol=1.5)
    assert len(knowing.looks) == 2


def test_a_bent_tail_stays_where_both_stages_see_it() -> None:
    bent = TRUE.copy()
    bent[4] = TRUE[3] + (4, 16)
    wrong_ear = bent.copy()
    wrong_ear[1] += (25, 0)
    # The highest hill of one ear's map is a mistake; the tail's only hill is far from the mean pose's place.
    ear = [(np.where(np.arange(5)[:, None] == 1, wrong_ear, bent), 6.0), (bent, 5.0)]
    found, knowing = locator(ear, bent)
    got = found.locate(frames(1)).points_px[0]
    assert len(knowing.looks) == 2
    np.testing.assert_allclose(got, bent, atol=1.5)


@pytest.mark.parametrize("height", [-12.0, 0.0])
def test_maps_without_a_hill_give_an_answer_in_the_picture(height: float) -> None:
    found, _ = locator([(np.full((5, 2), 60.0), height)], TRUE)
    points = found.locate(frames(1)).points_px
    assert np.isfinite(points).all()
    assert (points >= -0.5).all()
    assert (points <= (127.5, 95.5)).all()
