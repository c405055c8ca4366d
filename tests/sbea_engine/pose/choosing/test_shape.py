from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.pose.choosing.shape import body_length, frame_distances, pose_distances
from tests.fixtures.wanderer import BODY


def turned(angle: float, shift: tuple[float, float]) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(BODY @ np.array([[cos, sin], [-sin, cos]]) + shift)


class TestPoseDistances:
    def test_place_and_heading_do_not_matter(self) -> None:
        apart = pose_distances(BODY[None], np.stack([turned(1.0, (9, 5)), turned(3.0, (-200, 1))]))
        np.testing.assert_allclose(apart, 0, atol=1e-5)

    def test_is_the_best_of_all_turns(self) -> None:
        """Against a second method: trying every half degree."""
        rng = np.random.default_rng(3)
        a, b = rng.normal(0, 30, (2, 4, 2))
        a, b = a - a.mean(0), b - b.mean(0)
        tried = []
        for angle in np.radians(np.arange(0, 360, 0.5)):
            cos, sin = np.cos(angle), np.sin(angle)
            moved = b @ np.array([[cos, sin], [-sin, cos]])
            tried.append(np.sqrt(((a - moved) ** 2).sum(-1).mean()))
        assert pose_distances(a[None], b[None])[0, 0] == pytest.approx(min(tried), rel=1e-3)

    def test_mirrored_and_larger_are_other_poses(self) -> None:
        bent = BODY + np.array([[0, 20], [0, 8], [0, 8], [0, 0]])
        mirrored = bent * [1, -1]
        assert pose_distances(bent[None], mirrored[None])[0, 0] > 5
        assert pose_distances(BODY[None], 1.2 * BODY[None])[0, 0] > 5

    def test_a_missing_keypoint_is_left_out(self) -> None:
        other = turned(2.0, (5, 5))
        other[1] = np.nan
        assert pose_distances(BODY[None], other[None])[0, 0] == pytest.approx(0, abs=1e-5)

    def test_fewer_than_two_shared_keypoints_cannot_be_compared(self) -> None:
        other = np.full_like(BODY, np.nan)
        other[2] = 1
        assert np.isnan(pose_distances(BODY[None], other[None])).all()


def test_frames_are_compared_individual_by_individual() -> None:
    same = np.stack([BODY, BODY])[None]
    one_larger = np.stack([BODY, 1.2 * BODY])[None]
    one = pose_distances(BODY[None], 1.2 * BODY[None])[0, 0]
    assert frame_distances(same, one_larger)[0, 0] == pytest.approx(one / 2)
    gone = one_larger.copy()
    gone[0, 1] = np.nan
    assert frame_distances(same, gone)[0, 0] == pytest.approx(0, abs=1e-5)


def test_body_length_is_the_median_extent_of_those_that_have_one() -> None:
    lost = np.full_like(BODY, np.nan)
    assert body_length(np.stack([BODY, 3 * BODY, 1.1 * BODY, lost])) == pytest.approx(110)
    assert body_length(lost[None]) == 0
    assert body_length(np.zeros((0, 4, 2))) == 0
