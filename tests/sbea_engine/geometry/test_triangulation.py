from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from sbea_engine.data import Camera, CameraGroup
from sbea_engine.geometry import (
    BadSightings,
    Triangulated,
    TriangulationOptions,
    project,
    reproject,
    triangulate,
    undistort_px,
)
from tests.sbea_engine.geometry.conftest import MakeRig, random_rig

PLAIN = TriangulationOptions(robust=False)


def points_mm(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-120, 120, (count, 3))


def facing_cameras() -> CameraGroup:
    """One at x = -600 mm and one at x = 600 mm, each looking at the other."""
    K = np.array([[1000.0, 0, 639.5], [0, 1000, 511.5], [0, 0, 1]])
    forwards = {"left": np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])}
    forwards["right"] = forwards["left"] * [[-1], [1], [-1]]
    t = np.array([0.0, 0, 600])
    return CameraGroup(
        cameras=tuple(Camera(name=n, width=1280, height=1024, K=K, R=R, t=t) for n, R in forwards.items())
    )


def error_mm(found: Triangulated, truth: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(found.points_mm - truth, axis=-1))


def dlt(rig: CameraGroup, px: np.ndarray) -> np.ndarray:
    """The homogeneous direct linear transformation of one point by SVD: another method."""
    rows = []
    for camera, seen in zip(rig, px, strict=True):
        P = np.column_stack([camera.R, camera.t])
        x, y = undistort_px(camera, seen)
        rows += [x * P[2] - P[0], y * P[2] - P[1]]
    X = np.linalg.svd(np.array(rows))[2][-1]
    return np.asarray(X[:3] / X[3])


class TestTruth:
    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10_000), count=st.integers(2, 9), robust=st.booleans())
    def test_true_projections_give_the_true_points(self, seed: int, count: int, robust: bool) -> None:
        rig, truth = random_rig(count, seed), points_mm(60, seed)
        px = reproject(rig, truth)
        found = triangulate(rig, px, options=TriangulationOptions(robust=robust, min_angle_deg=1.0))
        placed = np.isfinite(found.points_mm[:, 0])
        # two random cameras may be in line with a point; three of them hardly can
        assert placed.mean() > (0.5 if count == 2 else 0.98)
        assert error_mm(found, truth)[placed].max() < 0.05
        assert np.nanmax(found.residual_px) < 0.01

    def test_far_from_the_origin_it_is_as_exact(self, make_rig: MakeRig) -> None:
        shift = np.array([3e5, -2e5, 1e5])
        rig = CameraGroup(cameras=tuple(dataclasses.replace(c, t=c.t - c.R @ shift) for c in make_rig(4, 0)))
        truth = points_mm(50, 0) + shift
        assert error_mm(triangulate(rig, reproject(rig, truth)), truth).max() < 0.05

    def test_agrees_with_the_direct_linear_transformation(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(3, 5), points_mm(20, 5)
        px = reproject(rig, truth)
        px += np.random.default_rng(5).normal(0, 0.01, px.shape)  # so little that every cost agrees
        expected = np.array([dlt(rig, px[:, i]) for i in range(20)])
        np.testing.assert_allclose(triangulate(rig, px, options=PLAIN).points_mm, expected, atol=0.02)

    def test_finds_the_least_reprojection_error(self, make_rig: MakeRig) -> None:
        """Against a general optimiser on distorted source pixels."""
        rig, truth = make_rig(4, 3), points_mm(15, 3)
        rng = np.random.default_rng(3)
        px = reproject(rig, truth) + rng.normal(0, 2, (4, 15, 2))
        weights = rng.uniform(0.2, 1, (4, 15))
        found = triangulate(rig, px, weights, options=PLAIN)
        for i in range(15):

            def cost(X: np.ndarray, i: int = i) -> np.ndarray:
                off = reproject(rig, X) - px[:, i]
                return np.asarray((np.sqrt(weights[:, i])[:, None] * off).ravel())

            best = least_squares(cost, truth[i], xtol=1e-12).x
            assert np.linalg.norm(found.points_mm[i] - best) < 0.02
            assert np.linalg.norm(truth[i] - best) > 0.05  # there was something to find


class TestNoise:
    @pytest.mark.parametrize("robust", [False, True])
    @pytest.mark.parametrize("count", [2, 4])
    def test_sigma_is_the_error_to_expect(self, make_rig: MakeRig, count: int, robust: bool) -> None:
        rig, truth = make_rig(count, 11), points_mm(4000, 1)
        px = reproject(rig, truth) + np.random.default_rng(2).normal(0, 1.5, (count, 4000, 2))
        found = triangulate(rig, px, options=TriangulationOptions(noise_px=1.5, robust=robust))
        placed = np.isfinite(found.sigma_mm)
        ratio = error_mm(found, truth)[placed] / found.sigma_mm[placed]
        assert 0.85 < np.sqrt((ratio**2).mean()) < 1.1

    def test_sigma_follows_the_weights(self, make_rig: MakeRig) -> None:
        """Views of unlike noise: weighted by it the error is smaller, and sigma says how large it is."""
        rig, truth = make_rig(4, 0), points_mm(4000, 1)
        spread = np.array([0.5, 0.5, 4.0, 4.0])
        px = reproject(rig, truth) + spread[:, None, None] * np.random.default_rng(2).normal(
            0, 1, (4, 4000, 2)
        )
        weights = np.broadcast_to((spread**-2.0)[:, None], (4, 4000))
        options = TriangulationOptions(noise_px=1, robust=False)
        weighted, equal = (
            triangulate(rig, px, weights, options=options),
            triangulate(rig, px, options=options),
        )
        assert error_mm(weighted, truth).mean() < 0.6 * error_mm(equal, truth).mean()
        assert 0.9 < np.sqrt(((error_mm(weighted, truth) / weighted.sigma_mm) ** 2).mean()) < 1.1

    def test_twice_the_noise_is_twice_the_sigma(self, make_rig: MakeRig) -> None:
        rig = make_rig(3, 0)
        px = reproject(rig, points_mm(10, 0))
        one, two = (triangulate(rig, px, options=TriangulationOptions(noise_px=n)).sigma_mm for n in (1, 2))
        np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


class TestOutliers:
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), count=st.integers(4, 8), off=st.floats(40, 300))
    def test_one_wrong_view_is_dropped(self, seed: int, count: int, off: float) -> None:
        rig, truth = random_rig(count, seed), points_mm(40, seed)
        rng = np.random.default_rng(seed)
        px = reproject(rig, truth)
        wrong, angle = rng.integers(0, count, 40), rng.uniform(0, 2 * np.pi, 40)
        px[wrong, np.arange(40)] += off * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        found = triangulate(rig, px)
        dropped = ~found.used[wrong, np.arange(40)]
        right = dropped & (found.n_views == count - 1)
        assert right.mean() > 0.9
        assert error_mm(found, truth)[right].max() < 0.05
        np.testing.assert_allclose(found.residual_px[wrong, np.arange(40)][right], off, atol=1)
        # elsewhere another answer explains the views as well: two cameras in line with the point, say
        assert np.nanmax(np.where(found.used, found.residual_px, 0)) < 11

    def test_without_robust_it_bends_the_answer(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(4, 0), points_mm(40, 0)
        px = reproject(rig, truth)
        px[1] += 60
        assert error_mm(triangulate(rig, px, options=PLAIN), truth).min() > 1

    def test_of_three_views_the_two_that_agree_win(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(3, 2), points_mm(40, 2)
        px = reproject(rig, truth)
        px[2] += (90, -70)
        found = triangulate(rig, px)
        assert (found.used == np.array([[True], [True], [False]])).all(axis=0).mean() > 0.9
        assert np.median(error_mm(found, truth)) < 0.05

    def test_two_views_that_disagree_place_nothing(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(2, 3), points_mm(40, 3)
        px = reproject(rig, truth)
        ray = truth - rig.cameras[1].position_mm
        along = project(rig.cameras[0], truth + 0.05 * ray)[0] - px[0]  # the epipolar line, there
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        px[0] += 60 * across / np.linalg.norm(across, axis=1, keepdims=True)
        found = triangulate(rig, px)
        assert np.isnan(found.points_mm).all()
        assert (found.n_views == 0).all()
        assert np.isfinite(triangulate(rig, px, options=PLAIN).points_mm).all()

    def test_more_views_than_pairs_are_tried_for(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(20, 1), points_mm(30, 1)
        px = reproject(rig, truth)
        px[:5] += np.random.default_rng(0).uniform(40, 90, (5, 30, 2))
        found = triangulate(rig, px)
        assert not found.used[:5].any()
        assert error_mm(found, truth).max() < 0.05


class TestMissing:
    def test_views_that_saw_nothing_take_no_part(self, make_rig: MakeRig) -> None:
        rig, truth = make_rig(4, 0), points_mm(100, 0)
        px = reproject(rig, truth)
        gone = np.random.default_rng(0).random((4, 100)) < 0.5
        px[gone] = np.nan
        found = triangulate(rig, px)
        enough = (~gone).sum(axis=0) >= 2
        placed = np.isfinite(found.points_mm[:, 0])
        assert not placed[~enough].any()
        assert placed[enough].mean() > 0.97
        np.testing.assert_array_equal(found.n_views[placed], (~gone).sum(axis=0)[placed])
        assert error_mm(found, truth)[placed].max() < 0.05
        assert np.isnan(found.residual_px[gone]).all()
        for name in ("sigma_mm", "residual_px"):
            assert np.isnan(getattr(found, name)[..., ~placed]).all()

    @pytest.mark.parametrize("weight", [0.0, np.nan])
    def test_weight_takes_a_view_out(self, make_rig: MakeRig, weight: float) -> None:
        rig, truth = make_rig(3, 0), points_mm(10, 0)
        px, weights = reproject(rig, truth), np.ones((3, 10))
        px[1] += 500
        weights[1] = weight
        found = triangulate(rig, px, weights, options=PLAIN)
        assert error_mm(found, truth).max() < 0.05
        assert (found.n_views == 2).all()

    @pytest.mark.parametrize("robust", [False, True])
    def test_nothing_seen_is_nothing_placed_and_no_warning(self, make_rig: MakeRig, robust: bool) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = triangulate(
                make_rig(4, 0), np.full((4, 2, 3, 2), np.nan), options=TriangulationOptions(robust=robust)
            )
        assert found.points_mm.shape == (2, 3, 3)
        assert np.isnan(found.points_mm).all()
        assert np.isnan(found.residual_px).all()
        assert (found.n_views == 0).all()

    def test_no_points(self, make_rig: MakeRig) -> None:
        found = triangulate(make_rig(3, 0), np.empty((3, 0, 5, 2)))
        assert found.points_mm.shape == (0, 5, 3)
        assert found.residual_px.shape == (3, 0, 5)


class TestDegenerate:
    def test_one_camera_places_nothing(self, make_rig: MakeRig) -> None:
        rig = make_rig(1, 0)
        assert np.isnan(triangulate(rig, reproject(rig, points_mm(5, 0))).points_mm).all()

    @pytest.mark.parametrize("robust", [False, True])
    @pytest.mark.parametrize("noise_px", [0.0, 2.0])
    def test_identical_cameras_place_nothing(self, make_rig: MakeRig, noise_px: float, robust: bool) -> None:
        camera = make_rig(1, 0).cameras[0]
        rig = CameraGroup(cameras=(camera, dataclasses.replace(camera, name="again")))
        px = reproject(rig, points_mm(50, 0))
        px += noise_px * np.random.default_rng(0).normal(size=px.shape)
        found = triangulate(rig, px, options=TriangulationOptions(robust=robust))
        assert np.isnan(found.points_mm).all()
        assert (found.n_views == 0).all()

    def test_near_parallel_rays_place_nothing(self) -> None:
        """Two cameras side by side, 4 mm apart: their rays to a point at 500 mm enclose 0.46 degrees."""

        def camera(name: str, x: float) -> Camera:
            K = np.array([[900.0, 0, 320], [0, 900, 240], [0, 0, 1]])
            return Camera(name=name, width=640, height=480, K=K, R=np.eye(3), t=np.array([-x, 0.0, 0.0]))

        rig = CameraGroup(cameras=(camera("a", -2), camera("b", 2)))
        truth = np.array([[0.0, 0, 500], [0, 0, 200]])  # the nearer one under 1.15 degrees
        found = triangulate(rig, reproject(rig, truth))
        assert np.isnan(found.points_mm).all(axis=1).tolist() == [True, False]
        wider = triangulate(rig, reproject(rig, truth), options=TriangulationOptions(min_angle_deg=0.4))
        assert error_mm(wider, truth).max() < 0.05

    @pytest.mark.parametrize("robust", [False, True])
    def test_cameras_that_face_one_another_place_nothing_on_the_line_between_them(self, robust: bool) -> None:
        """1200 mm apart; 2 mm off the line at its middle the lines enclose 0.4 degrees, 40 mm off it 7.6."""
        rig, rng = facing_cameras(), np.random.default_rng(0)
        along = np.column_stack([rng.uniform(-100, 100, 200), *rng.uniform(-1.4, 1.4, (2, 200))])
        beside = along + np.array([0, 40, 0])
        options = TriangulationOptions(noise_px=0.05, robust=robust)
        noise = rng.normal(0, options.noise_px, (2, 200, 2))
        near, far = (triangulate(rig, reproject(rig, x) + noise, options=options) for x in (along, beside))
        assert np.isnan(near.points_mm).all()
        assert (near.n_views == 0).all()
        assert error_mm(far, beside).max() < 5
        anyway = dataclasses.replace(options, min_angle_deg=0)
        off = error_mm(triangulate(rig, reproject(rig, along) + noise, options=anyway), along)
        assert np.nanmedian(off) > 10 * np.median(error_mm(far, beside))  # what there is to refuse

    def test_a_third_camera_places_what_two_that_face_one_another_cannot(self) -> None:
        third = dataclasses.replace(
            facing_cameras().cameras[0], name="above", R=np.diag([1.0, -1, -1]), t=np.array([0.0, 0, 600])
        )
        rig = CameraGroup(cameras=(*facing_cameras().cameras, third))
        truth = np.column_stack([np.linspace(-100, 100, 50), np.zeros((50, 2))])
        found = triangulate(rig, reproject(rig, truth))
        assert error_mm(found, truth).max() < 0.05
        assert (found.n_views == 3).all()

    def test_rays_that_part_in_front_of_the_cameras_place_nothing(self, make_rig: MakeRig) -> None:
        """Cameras side by side whose rays cross behind them."""
        K = np.array([[900.0, 0, 320], [0, 900, 240], [0, 0, 1]])
        rig = CameraGroup(
            cameras=tuple(
                Camera(name=n, width=640, height=480, K=K, R=np.eye(3), t=np.array([-x, 0.0, 0.0]))
                for n, x in (("a", -100.0), ("b", 100.0))
            )
        )
        px = np.array([(220.0, 240.0), (420.0, 240.0)])[:, None]
        assert np.isnan(triangulate(rig, px, options=PLAIN).points_mm).all()
        assert np.isnan(triangulate(rig, px).points_mm).all()


class TestBadInput:
    @pytest.mark.parametrize(
        ("px", "weights", "message"),
        [
            (np.zeros((3, 5, 2)), None, r"Expected points \(view 4"),
            (np.zeros((4, 5, 3)), None, r"Expected points \(view 4"),
            (np.zeros((4, 5, 2)), np.ones((4, 4)), r"Expected weights \(4, 5\)"),
            (np.zeros((4, 5, 2)), -np.ones((4, 5)), "0 or more"),
            (np.zeros((4, 5, 2)), np.full((4, 5), np.inf), "finite"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, make_rig: MakeRig, px: np.ndarray, weights: np.ndarray | None, message: str
    ) -> None:
        with pytest.raises(BadSightings, match=message):
            triangulate(make_rig(4, 0), px, weights)

    @pytest.mark.parametrize("wrong", [{"noise_px": 0.0}, {"inlier_px": -1.0}, {"min_angle_deg": 90.0}])
    def test_options_are_checked(self, wrong: dict[str, float]) -> None:
        with pytest.raises(BadSightings, match="must"):
            TriangulationOptions(**wrong)  # type: ignore[arg-type]
