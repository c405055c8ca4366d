from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.data import Poses
from sbea_engine.errors import BadInput
from sbea_engine.pose.choosing import METHODS, Evidence, Labelled, choose
from sbea_engine.pose.choosing.choose import BLIND, CannotChoose
from sbea_engine.pose.choosing.combine import combine, rank_share
from tests.fixtures.wanderer import evidence, path, poses

FRAMES = 120
LABELLED = [10, 30, 50, 70, 90]
BAD = [20, 60, 100]


def unsure_in_runs(length: int = 5) -> Poses:
    """Unsure of the snout in three runs of neighbouring frames; its answers there are wrong by 35 px."""
    points, confidence = path(FRAMES), np.full((FRAMES, 1, 4), 0.95, np.float32)
    for first in BAD:
        run = slice(first, first + length)
        confidence[run, 0, 0] = 0.1
        points[run, 0, 0] += (21, 28)
    return poses(points, confidence)


def everything(found: Poses | None = None) -> Evidence:
    """Evidence with which every method can work."""
    found = unsure_in_runs() if found is None else found
    count = len(found)
    looks = np.random.default_rng(1).normal(0.5, 0.05, (count, 16)).astype(np.float32)
    other = replace(found, points_px=found.points_px + 1)
    return evidence(
        found,
        LABELLED,
        labelled=Labelled(points_px=path(count)[LABELLED], appearance=looks[LABELLED]),
        others=(other,),
        reprojection_px=np.ones(found.confidence.shape, np.float32) + found.confidence,
        pictures=looks,
        appearance=looks,
    )


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_as_many_different_unlabelled_frames_as_asked_for(self, method: str) -> None:
        chosen = choose([everything()], 12, method=method, seed=1)
        frames = [one.index for one in chosen]
        assert len(set(frames)) == len(frames) == 12
        assert not set(frames) & set(LABELLED)
        assert all(0 <= one.score <= 1 and one.reasons for one in chosen)

    def test_all_that_are_free_where_more_are_asked_for(self, method: str) -> None:
        chosen = choose([everything()], 1000, method=method, seed=1)
        assert len(chosen) == FRAMES - len(LABELLED)

    def test_same_seed_same_frames(self, method: str) -> None:
        once, again = (choose([everything()], 6, method=method, seed=4) for _ in range(2))
        assert once == again

    def test_two_videos(self, method: str) -> None:
        second = replace(everything(), video="other", labelled_frames=np.array([], np.int64))
        chosen = choose([everything(), second], 230, method=method)
        assert {one.video for one in chosen} == {"wander", "other"}
        assert len({(one.video, one.index) for one in chosen}) == 230
        for one in chosen:
            assert (one.evidence == 1) == (one.video == "other")
            assert one.row == one.index


class TestCombined:
    def test_takes_one_frame_of_each_bad_stretch_before_a_second_of_any(self) -> None:
        chosen = choose([evidence(unsure_in_runs(), LABELLED)], 3)
        frames = sorted(one.index for one in chosen)
        assert [first <= frame < first + 5 for first, frame in zip(BAD, frames, strict=True)] == [True] * 3

    def test_says_why(self) -> None:
        first = choose([evidence(unsure_in_runs(), LABELLED)], 1)[0]
        assert "the model is unsure of snout (0.10)" in first.reasons
        assert 0.8 < first.score <= 1
        assert first.criteria["uncertain"] == pytest.approx((0.9 + 3 * 0.05) / 4)

    def test_by_the_highest_score_alone_neighbours_would_be_taken(self) -> None:
        """The contrast that diversity is for: the three least sure frames of all are neighbours."""
        found = unsure_in_runs()
        found.confidence[BAD[0] : BAD[0] + 5, 0, 1:] = 0.1
        some = evidence(found, LABELLED)
        least_sure = np.argsort(found.confidence.mean(axis=(1, 2)), kind="stable")[:3]
        assert np.ptp(least_sure) < 5
        frames = sorted(one.index for one in choose([some], 3))
        assert np.diff(frames).min() > 5

    def test_without_any_label_or_criterion_that_tells_frames_apart(self) -> None:
        nothing = Labelled(points_px=np.zeros((0, 1, 4, 2), np.float32))
        still = poses(np.repeat(path(1), 30, axis=0))
        some = evidence(still, [], labelled=nothing, labelled_frames=np.array([], np.int64))
        assert len(choose([some], 4)) == 4


class TestNearDuplicates:
    def test_a_frame_like_a_labelled_one_comes_last(self) -> None:
        """Frame 80 shows what labelled frame 10 shows; the model is unsure there as nowhere else."""
        found = unsure_in_runs()
        found.points_px[80], found.confidence[80] = path(FRAMES)[10], 0.0
        some = evidence(found, LABELLED)
        assert 80 not in [one.index for one in choose([some], 5, method="uncertain")]
        assert 80 in [one.index for one in choose([some], FRAMES, method="uncertain")]


class TestBlind:
    def test_uniform_goes_between_what_is_labelled(self) -> None:
        chosen = choose([everything()], 4, method="uniform")
        assert sorted(one.index for one in chosen)[-1] == FRAMES - 1  # 29 frames from the last label
        assert {20, 40, 60, 80} & {one.index for one in chosen}

    def test_random_depends_on_the_seed(self) -> None:
        a, b = (choose([everything()], 10, method="random", seed=s) for s in (1, 2))
        assert {c.index for c in a} != {c.index for c in b}

    def test_kmeans_takes_one_of_each_kind_of_picture_even_of_a_rare_one(self) -> None:
        pictures = np.random.default_rng(0).normal(0, 0.01, (FRAMES, 16)).astype(np.float32)
        pictures[60:] += 1
        pictures[[110, 111]] -= 3
        some = replace(everything(), pictures=pictures)
        kinds = {
            0 if c.index < 60 else 2 if c.index in (110, 111) else 1
            for c in choose([some], 3, method="kmeans")
        }
        assert kinds == {0, 1, 2}

    def test_asks_no_model(self) -> None:
        lost = poses(np.full((FRAMES, 1, 4, 2), np.nan, np.float32), np.zeros((FRAMES, 1, 4), np.float32))
        for method in BLIND:
            assert len(choose([everything(lost)], 5, method=method)) == 5


class TestRefusals:
    def test_unknown_method(self) -> None:
        with pytest.raises(BadInput, match="combined, uncertain"):
            choose([everything()], 3, method="best")

    def test_count(self) -> None:
        with pytest.raises(BadInput, match="1 or more"):
            choose([everything()], 0)

    @pytest.mark.parametrize("method", ["disagreement", "reprojection", "appearance"])
    def test_a_criterion_without_what_it_needs(self, method: str) -> None:
        with pytest.raises(CannotChoose, match="cannot tell one frame from another"):
            choose([evidence(unsure_in_runs(), LABELLED)], 3, method=method)

    def test_clusters_without_pictures(self) -> None:
        with pytest.raises(CannotChoose, match="pictures"):
            choose([evidence(unsure_in_runs(), LABELLED)], 3, method="kmeans")

    def test_no_candidates(self) -> None:
        assert choose([], 3) == []


class TestCombine:
    def test_rank_share(self) -> None:
        np.testing.assert_allclose(
            rank_share(np.array([0.0, 5.0, np.nan, 0.0, 9.0])), [0, 2 / 3, np.nan, 0, 1]
        )
        np.testing.assert_allclose(rank_share(np.array([7.0])), [0])

    def test_unknown_scores_have_no_say(self) -> None:
        scores = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([np.nan, np.nan, np.nan])}
        np.testing.assert_allclose(combine(scores, {"a": 1.0, "b": 5.0}), [0, 0.5, 1])

    def test_weights(self) -> None:
        scores = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([2.0, 1.0, np.nan])}
        np.testing.assert_allclose(combine(scores, {"a": 1.0, "b": 3.0}), [0.75, 0.125, 1])
