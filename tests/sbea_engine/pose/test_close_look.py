"""The second look: what it says of places that its crop does not show."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import expit

from sbea_engine.pose.body import Body
from sbea_engine.pose.close_look import CloseLook
from sbea_engine.pose.crops import CropPlan
from sbea_engine.pose.machine import PoseMachine

SHAPE = np.array([[20.0, 0.0], [14.0, -7.0], [14.0, 7.0], [-20.0, 0.0]])
PLAN = CropPlan(
    body=Body(SHAPE, np.full(4, 3.0)), middle_px=np.zeros(2), scale=1.0, zoom=1.0, width=64, height=48
)
CENTRE = np.array([80.0, 60.0])


def untrained() -> PoseMachine:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return PoseMachine(1, 4, 1, (8, 16, 24)).eval()


def look(points_px: np.ndarray, trust: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is said of one pose by an untrained network: points, confidence logits, support."""
    close = CloseLook(untrained(), PLAN, 2.0)
    found = close.look([np.zeros((120, 160), np.uint8)], points_px[None], trust[None])
    return found.points_px[0], found.confidence_logit[0], found.support()[0]


def test_a_place_beyond_the_crop_stays_and_is_no_surer_than_the_first_stage_was() -> None:
    points = SHAPE + CENTRE
    points[3] = CENTRE + np.array([-34, 0])  # beyond the crop, within a body's length
    trust = np.array([0.9, 0.9, 0.9, 0.02])
    found, confidence, support = look(points, trust)
    np.testing.assert_allclose(found[3], points[3])
    assert expit(confidence[3]) <= 0.02 + 1e-6
    assert support[3] > np.log(0.01)


def test_what_is_further_away_than_a_body_is_long_says_nothing_for_it() -> None:
    points = SHAPE + CENTRE
    points[3] = CENTRE + np.array([-75, 40])
    _, _, support = look(points, np.array([0.9, 0.9, 0.9, 0.9]))
    np.testing.assert_allclose(support[3], np.log(0.01))


def test_a_picture_and_its_mirror_image_get_mirrored_answers() -> None:
    flip_index = np.array([0, 2, 1, 3])
    close = CloseLook(untrained(), PLAN, 2.0, flip_index)
    image = np.random.default_rng(1).integers(0, 255, (121, 161), np.uint8)
    mirrored = np.ascontiguousarray(image[::-1])
    points = SHAPE + CENTRE
    opposite = (points * [1, -1] + [0, 120])[flip_index]
    trust = np.full((1, 4), 0.9)
    one = close.look([image], points[None], trust)
    other = close.look([mirrored], opposite[None], trust)
    back = (other.points_px[0] * [1, -1] + [0, 120])[flip_index]
    np.testing.assert_allclose(back, one.points_px[0], atol=0.02)
    np.testing.assert_allclose(other.confidence_logit[0, flip_index], one.confidence_logit[0], atol=0.01)
