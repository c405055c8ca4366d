"""The closer look at animals that were found: who is looked at, and what becomes of what was missed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from sbea_engine.pose.alignment import Placement, in_image
from sbea_engine.pose.body import Body
from sbea_engine.pose.bottom_up import locator
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.links import Links
from sbea_engine.pose.bottom_up.locator import AnimalLocator, BottomUpStages
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.crops import CropPlan
from sbea_engine.pose.inference import Located
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.plan import Size, WorkingPlan
from sbea_engine.pose.two_stage import TwoSizes, TwoStagePlan

SHAPE = np.array([[20.0, 0.0], [8.0, -9.0], [8.0, 9.0], [-20.0, 0.0]])
RADIUS_PX = 2.0
PLAN = TwoStagePlan(
    coarse=WorkingPlan(scale=0.5, crop_px=64, radius_px=RADIUS_PX),
    crop=CropPlan(
        body=Body(SHAPE, np.full(4, 3.0)), middle_px=np.zeros(2), scale=1.0, zoom=1.0, width=64, height=48
    ),
    radius_px=RADIUS_PX,
)
CHANNELS = (8, 16, 24, 32)


def lying(x: float, y: float, angle: float) -> np.ndarray:
    pose: np.ndarray = in_image(Placement(np.array([[x, y]]), np.array([angle])), SHAPE)[0]
    return pose


def looked(found_px: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Located:
    """What is made of animals (frame, individual, keypoint, 2), source pixels, of 160 x 120 pictures.

    The networks are untrained: where the fine one puts a keypoint is held by the gate alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        stages = BottomUpStages(BottomUpNetwork(4, 3, 1, CHANNELS), PoseMachine(1, 4, 1, CHANNELS)).eval()
    working = ((found_px + 0.5) * 0.5 - 0.5).astype(np.float32)
    logit = np.where(np.isfinite(found_px).all(-1), 3.0, -np.inf).astype(np.float32)

    def coarse(*_: object) -> Iterator[Located]:
        yield Located(working, logit)

    monkeypatch.setattr(locator, "locate_animals", coarse)
    links = Links(edges=((0, 1), (0, 2), (0, 3)), reach_px=np.full((4, 4), 60.0), extent_px=40.0)
    finder = AnimalLocator(stages, PLAN, Assembler(links=links, individuals=2), None)
    image = np.full((120, 160), 90, np.uint8)
    frame = TwoSizes(np.ascontiguousarray(image[::2, ::2]), image, Size(160, 120))
    return finder.locate([frame] * len(found_px))


def test_only_animals_that_were_found_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = np.full((4, 2), np.nan)
    found = np.stack([np.stack([lying(60, 50, 0.4), nobody]), np.stack([nobody, nobody])])
    answer = looked(found, monkeypatch)
    assert np.isfinite(answer.points_px[0, 0]).all()
    assert np.isfinite(answer.confidence_logit[0, 0]).all()
    for frame, who in ((0, 1), (1, 0), (1, 1)):
        assert np.isnan(answer.points_px[frame, who]).all()
        assert np.isneginf(answer.confidence_logit[frame, who]).all()


def test_each_animal_is_looked_at_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = np.stack([lying(50, 50, 0.4), lying(110, 70, -2.0)])[None]
    off = np.linalg.norm(looked(found, monkeypatch).points_px - found, axis=-1)
    assert off.max() < 10 * RADIUS_PX


def test_a_keypoint_that_was_missed_is_looked_for_where_the_body_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = lying(80, 60, 1.1)
    missed = whole.copy()
    missed[1] = np.nan
    nobody = np.full((4, 2), np.nan)
    answer = looked(np.stack([missed, nobody])[None], monkeypatch)
    assert np.linalg.norm(answer.points_px[0, 0, 1] - whole[1]) < 10 * RADIUS_PX
    assert np.isfinite(answer.confidence_logit[0, 0, 1])
