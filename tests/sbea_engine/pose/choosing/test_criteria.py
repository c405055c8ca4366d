"""Each criterion finds the fault that it is for, and says so; none of them is upset by what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.pose.choosing import CRITERIA, BadEvidence, Evidence, Labelled
from tests.fixtures.wanderer import evidence, path, poses

LABELLED = [0, 12, 25, 37, 49]
FAULT = 60
FRAMES = 100


def unsure() -> Evidence:
    confidence = np.full((FRAMES, 1, 4), 0.95, np.float32)
    confidence[FAULT, 0, 1] = 0.21
    return evidence(poses(path(FRAMES), confidence), LABELLED)


def misplaced(**more: object) -> Evidence:
    """The left ear is 40 px off in one frame."""
    points = path(FRAMES)
    points[FAULT, 0, 1] += (24, 32)
    return evidence(poses(points), LABELLED, **more)


def argued() -> Evidence:
    other = path(FRAMES)
    other[FAULT, 0, 1] += (24, 32)
    return evidence(poses(path(FRAMES)), LABELLED, others=(poses(other),))


def seen_elsewhere() -> Evidence:
    error = np.full((FRAMES, 1, 4), 2.0, np.float32)
    error[FAULT, 0, 1] = 40
    error[FAULT + 1] = np.nan
    return evidence(poses(path(FRAMES)), LABELLED, reprojection_px=error)


def looking_odd() -> Evidence:
    looks = np.random.default_rng(0).normal(0.5, 0.01, (FRAMES, 36)).astype(np.float32)
    looks[FAULT] += 0.3
    labelled = Labelled(points_px=path(FRAMES)[LABELLED], appearance=looks[LABELLED])
    return evidence(poses(path(FRAMES)), LABELLED, labelled=labelled, appearance=looks)


SCENES: dict[str, tuple[Callable[[], Evidence], str]] = {
    "uncertain": (unsure, "the model is unsure of left ear (0.21)"),
    "disagreement": (argued, "2 models differ on left ear (spread 20 px)"),
    "reprojection": (seen_elsewhere, "other views put left ear 40 px away"),
    "coverage": (misplaced, "pose unlike any labelled one"),
    "appearance": (looking_odd, "looks unlike what is labelled (grey differs by 0.3"),
    "jump": (misplaced, "left ear jumps here, by"),
    "fitting": (misplaced, "left ear is 40 px off its path"),
    "limbs": (misplaced, "times its usual length"),
}


@pytest.mark.parametrize("name", CRITERIA)
class TestEveryCriterion:
    def test_finds_its_fault_and_says_so(self, name: str) -> None:
        scene, reason = SCENES[name]
        found = CRITERIA[name].score(scene())
        assert int(np.nan_to_num(found.score, nan=-1).argmax()) == FAULT
        assert reason in found.reason(FAULT)

    def test_scores_are_known_to_be_0_or_more_or_not_known(self, name: str) -> None:
        score = CRITERIA[name].score(SCENES[name][0]()).score
        assert score.shape == (FRAMES,)
        assert (score[np.isfinite(score)] >= 0).all()

    def test_scores_candidates_only(self, name: str) -> None:
        whole = SCENES[name][0]()
        rows = np.array([3, FAULT, 80])
        some = Evidence(
            video=whole.video,
            poses=whole.poses,
            rows=rows,
            labelled=whole.labelled,
            labelled_frames=whole.labelled_frames,
            others=whole.others,
            spread_px=whole.spread_px,
            reprojection_px=whole.reprojection_px,
            appearance=None if whole.appearance is None else whole.appearance[rows],
        )
        np.testing.assert_allclose(
            CRITERIA[name].score(some).score, CRITERIA[name].score(whole).score[rows], rtol=1e-6
        )

    def test_says_nothing_where_nothing_is_known(self, name: str) -> None:
        nothing = np.full((6, 1, 4, 2), np.nan, np.float32)
        found = CRITERIA[name].score(
            evidence(
                poses(nothing), [], labelled=Labelled(points_px=nothing[:0]), labelled_frames=np.array([])
            )
        )
        if name == "uncertain":  # no answer is as unsure as can be
            np.testing.assert_array_equal(found.score, 1)
        else:
            assert np.isnan(found.score).all()

    def test_of_no_candidates(self, name: str) -> None:
        some = evidence(poses(path(10)), [0, 3, 5, 8], rows=np.zeros(0, np.intp))
        assert CRITERIA[name].score(some).score.shape == (0,)


class TestDisagreement:
    def of_members(self, **more: object) -> Evidence:
        spread = np.full((FRAMES, 1, 4), 2.0, np.float32)
        spread[FAULT, 0, 1] = 20
        return evidence(poses(path(FRAMES)), LABELLED, spread_px=spread, **more)

    def test_the_spread_of_the_members_of_one_model(self) -> None:
        """In body lengths, as that of several models is."""
        found = CRITERIA["disagreement"].score(self.of_members())
        assert int(found.score.argmax()) == FAULT
        assert found.reason(FAULT) == "the members of the model differ on left ear (spread 20 px)"
        body = self.of_members().body_px
        np.testing.assert_allclose(found.score[[0, FAULT]], [2 / body, (20 + 3 * 2) / 4 / body])

    def test_of_several_models_their_own_answers_count(self) -> None:
        found = CRITERIA["disagreement"].score(self.of_members(others=(poses(path(FRAMES)),)))
        np.testing.assert_array_equal(found.score, 0)

    @pytest.mark.parametrize("first", [True, False])
    def test_places_are_paired_by_position(self, first: bool) -> None:
        """Animals that a model does not tell apart are no news in another place."""
        both = np.concatenate([path(FRAMES), path(FRAMES) + 150], axis=1)
        other = both[:, ::-1].copy()
        other[FAULT, 1, 1] += (24, 32)
        extra = np.concatenate([np.full_like(other[:, :1], np.nan), other], axis=1)
        a, b = poses(both), poses(extra)
        places = {"individuals_are_places": True}
        a, b = (replace(a, provenance=places), b) if first else (a, replace(b, provenance=places))
        found = CRITERIA["disagreement"].score(evidence(a, LABELLED, others=(b,)))
        np.testing.assert_array_equal(np.flatnonzero(found.score), [FAULT])
        assert found.reason(FAULT) == "2 models differ on left ear of animal 0 (spread 20 px)"


class TestJump:
    def test_a_step_within_the_bound_is_no_reason(self) -> None:
        """The animal itself moves by up to 6 px a frame, a 17th of its body."""
        score = CRITERIA["jump"].score(evidence(poses(path(FRAMES)), LABELLED)).score
        np.testing.assert_array_equal(score, 0)

    def test_a_jump_to_a_wrong_answer_that_stays_is_at_its_ends(self) -> None:
        points = path(FRAMES)
        points[40:50] += 60
        score = CRITERIA["jump"].score(evidence(poses(points), LABELLED)).score
        np.testing.assert_array_equal(np.flatnonzero(score), [39, 40, 49, 50])

    def test_a_step_over_a_gap_is_not_known(self) -> None:
        whole = poses(path(FRAMES))
        every_other = type(whole)(
            skeleton=whole.skeleton,
            individuals=whole.individuals,
            frames=whole.frames[::2],
            points_px=whole.points_px[::2],
            confidence=whole.confidence[::2],
        )
        some = evidence(every_other, [0, 2])
        assert np.isnan(CRITERIA["jump"].score(some).score).all()


class TestFitting:
    def test_smooth_motion_is_no_reason(self) -> None:
        score = CRITERIA["fitting"].score(evidence(poses(path(FRAMES)), LABELLED)).score
        np.testing.assert_array_equal(score[1:-1], 0)
        assert np.isnan(score[[0, -1]]).all()

    def test_neighbours_of_an_outlier_are_not_blamed(self) -> None:
        score = CRITERIA["fitting"].score(misplaced()).score
        np.testing.assert_array_equal(np.flatnonzero(score > 0), [FAULT])

    def test_two_outliers_nearby_are_both_found(self) -> None:
        points = path(FRAMES)
        points[[50, 52], 0, 0] += 40
        score = CRITERIA["fitting"].score(evidence(poses(points), LABELLED)).score
        assert set(np.argsort(-np.nan_to_num(score))[:2]) == {50, 52}
        assert score[51] == 0

    def test_a_lost_answer_nearby_does_not_matter(self) -> None:
        points = path(FRAMES)
        points[FAULT, 0, 1] += (24, 32)
        points[FAULT - 1] = np.nan
        score = CRITERIA["fitting"].score(evidence(poses(points), LABELLED)).score
        assert int(np.nan_to_num(score, nan=-1).argmax()) == FAULT
        assert np.isnan(score[FAULT - 1])


class TestCoverage:
    def test_of_several_animals_the_one_that_is_new_counts(self) -> None:
        first, second = path(FRAMES), path(FRAMES) + 100
        second[FAULT, 0, 0] += (30, 30)
        both = np.concatenate([first, second], axis=1)
        found = CRITERIA["coverage"].score(evidence(poses(both), LABELLED))
        assert int(found.score.argmax()) == FAULT
        assert found.reason(FAULT).startswith("pose of animal 1 unlike")

    def test_a_labelled_pose_is_not_new(self) -> None:
        score = CRITERIA["coverage"].score(evidence(poses(path(FRAMES)), LABELLED)).score
        np.testing.assert_allclose(score[LABELLED], 0, atol=1e-5)
        assert score.max() > 0.01


class TestEvidence:
    def test_models_must_answer_for_the_same_frames(self) -> None:
        with pytest.raises(BadEvidence, match="same frames"):
            evidence(poses(path(10)), [0], others=(poses(path(9)),))

    def test_models_that_tell_individuals_apart_must_find_the_same(self) -> None:
        with pytest.raises(BadEvidence, match="same individuals"):
            evidence(poses(path(10)), [0], others=(poses(np.repeat(path(10), 2, axis=1)),))

    @pytest.mark.parametrize("rows", [[3, 2], [0, 10], [-1, 2]])
    def test_candidates_are_rows_of_the_poses(self, rows: list[int]) -> None:
        with pytest.raises(BadEvidence, match="ascending rows below 10"):
            evidence(poses(path(10)), [0], rows=np.array(rows))

    def test_arrays_must_fit(self) -> None:
        with pytest.raises(BadEvidence, match="reprojection_px must have shape"):
            evidence(poses(path(10)), [0], reprojection_px=np.zeros((10, 4), np.float32))
        with pytest.raises(BadEvidence, match="spread_px must have shape"):
            evidence(poses(path(10)), [0], spread_px=np.zeros((9, 1, 4), np.float32))
        with pytest.raises(BadEvidence, match="appearance must have 10 rows"):
            evidence(poses(path(10)), [0], appearance=np.zeros((9, 4), np.float32))
        with pytest.raises(BadEvidence, match="4 keypoints"):
            evidence(poses(path(10)), [0], labelled=Labelled(points_px=np.zeros((1, 1, 3, 2), np.float32)))
