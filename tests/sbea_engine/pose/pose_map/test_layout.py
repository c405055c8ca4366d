"""Maps put like poses together, whatever way the body lies; what cannot be mapped is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.pose.pose_map import BadPoseMap, PoseMapConfig, PoseRows, lay_out

SKELETON = Skeleton(keypoints=("snout", "left ear", "right ear", "tail base"), heading=("tail base", "snout"))
STRAIGHT = np.array([[50.0, 0.0], [30.0, -12.0], [30.0, 12.0], [-50.0, 0.0]])
BENT = np.array([[20.0, 40.0], [10.0, 18.0], [25.0, 20.0], [-50.0, 0.0]])
SHORT = STRAIGHT * (0.5, 1.0)


def rows_of(points: NDArray[np.float64], skeleton: Skeleton = SKELETON) -> PoseRows:
    return PoseRows(
        skeleton=skeleton,
        individuals=("animal 1",),
        points_px=points,
        frame=np.arange(len(points)),
        individual=np.zeros(len(points), np.int64),
        speed_px=np.full(points.shape[:2], np.nan),
    )


def scattered(*bodies: NDArray[np.float64], each: int = 20, noise: float = 1.0, seed: int = 0) -> PoseRows:
    """Each body `each` times, in turn, turned and moved at random, with noise of so many px."""
    rng = np.random.default_rng(seed)
    poses = []
    for n in range(each * len(bodies)):
        angle = rng.uniform(-np.pi, np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        poses.append(bodies[n % len(bodies)] @ turn + rng.uniform(0, 600, 2))
    return rows_of(np.array(poses) + rng.normal(0, noise, (len(poses), 4, 2)))


THREE = PoseMapConfig(clusters=3)


@pytest.fixture(scope="module")
def rows() -> PoseRows:
    return scattered(STRAIGHT, BENT, SHORT, each=25)


class TestGroups:
    @pytest.mark.parametrize("method", ["tsne", "pca"])
    def test_like_poses_are_together_however_they_lie(self, rows: PoseRows, method: Any) -> None:
        found = lay_out(rows, PoseMapConfig(clusters=3, method=method))
        kind = np.arange(75) % 3
        assert [len(set(found.cluster[kind == k])) for k in range(3)] == [1, 1, 1]
        assert len(set(found.cluster)) == 3
        middle = np.array([found.position[kind == k].mean(axis=0) for k in range(3)])
        away = np.linalg.norm(found.position[:, None] - middle, axis=-1)
        assert (away.argmin(axis=1) == kind).all()

    def test_bodies_point_along_x(self, rows: PoseRows) -> None:
        found = lay_out(rows, THREE)
        snout, tail = found.shape_px[0], found.shape_px[3]
        assert snout[0] > tail[0]
        assert abs(snout[1] - tail[1]) < 1e-9

    def test_the_largest_cluster_comes_first(self) -> None:
        poses = np.concatenate([scattered(SHORT, each=12).points_px, scattered(BENT, each=30).points_px])
        found = lay_out(rows_of(poses), PoseMapConfig(clusters=2))
        assert np.bincount(found.cluster).tolist() == [30, 12]

    def test_examples_are_near_the_middle_and_from_all_over(self, rows: PoseRows) -> None:
        found = lay_out(rows, THREE)
        for cluster in range(3):
            chosen = found.representatives(cluster, 5)
            assert (found.cluster[chosen] == cluster).all()
            assert (np.diff(chosen) > 0).all()
            assert chosen[0] < 15 <= 60 <= chosen[-1]
            members = found.cluster == cluster
            assert found.to_centre_px[chosen].mean() < found.to_centre_px[members].mean()
        assert len(found.representatives(0, 1000)) == 25

    def test_the_same_seed_gives_the_same_map(self, rows: PoseRows) -> None:
        one, two = lay_out(rows, THREE), lay_out(rows, THREE)
        np.testing.assert_array_equal(one.position, two.position)
        np.testing.assert_array_equal(one.cluster, two.cluster)


class TestBadInput:
    def test_keypoints_that_are_missing_count_as_the_mean(self) -> None:
        rows = scattered(STRAIGHT, BENT, each=20)
        rows.points_px[::7, 1] = np.nan
        rows.points_px[3] = np.nan
        rows.points_px[4, 1:] = np.nan  # one keypoint: too little
        found = lay_out(rows, PoseMapConfig(clusters=2))
        assert (len(found.rows), found.left_out) == (38, 2)
        assert 3 not in found.rows.frame
        assert np.isfinite(found.position).all()
        assert np.isfinite(found.body_px).all()
        kind = found.rows.frame % 2
        assert [len(set(found.cluster[kind == k])) for k in range(2)] == [1, 1]

    def test_a_keypoint_that_is_never_there(self) -> None:
        rows = scattered(STRAIGHT, BENT, each=20)
        rows.points_px[:, 2] = np.nan
        assert np.isfinite(lay_out(rows, PoseMapConfig(clusters=2)).position).all()

    def test_no_pose_at_all(self) -> None:
        with pytest.raises(BadPoseMap, match="0 of 40 poses"):
            lay_out(rows_of(np.full((40, 4, 2), np.nan)), THREE)

    def test_a_skeleton_of_one_keypoint(self) -> None:
        points = np.random.default_rng(0).uniform(0, 99, (40, 1, 2))
        with pytest.raises(BadPoseMap, match="skeleton of more keypoints"):
            lay_out(rows_of(points, Skeleton(keypoints=("nose",))), THREE)

    def test_identical_poses(self) -> None:
        with pytest.raises(BadPoseMap, match="All 40 poses are the same"):
            lay_out(scattered(STRAIGHT, each=40, noise=0.0), THREE)

    def test_poses_that_are_nearly_all_the_same(self) -> None:
        points = np.repeat(STRAIGHT[None], 40, axis=0)
        points[7] = BENT
        found = lay_out(rows_of(points), PoseMapConfig(clusters=5))
        assert found.cluster_count == 2
        assert "Only 2 poses differ" in " ".join(found.warnings)
        assert np.isfinite(found.position).all()

    def test_fewer_poses_than_neighbours(self) -> None:
        found = lay_out(scattered(STRAIGHT, BENT, each=6), PoseMapConfig(clusters=2, perplexity=30))
        assert np.isfinite(found.position).all()
        assert "instead of 30" in " ".join(found.warnings)

    @pytest.mark.parametrize(
        "bad",
        [{"clusters": 0}, {"clusters": 25}, {"perplexity": float("nan")}, {"seed": -1}, {"method": "umap"}],
    )
    def test_settings_that_are_none(self, bad: dict[str, Any]) -> None:
        with pytest.raises(BadPoseMap):
            PoseMapConfig(**bad)
