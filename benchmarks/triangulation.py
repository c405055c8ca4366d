"""How many points a second are triangulated from four views, beside the textbook way in the same run.

    python -m benchmarks.triangulation [--points 40000] [--rounds 5]

Both ways begin with pixels of a lens with distortion, undistorted in the same way. The textbook way is the
homogeneous direct linear transformation (Hartley & Zisserman 2004, section 12.2) by one batched SVD; it gives
the point and nothing else. Ours also gives sigma, the views used and the residuals. Rounds take turns, and
the fastest of each counts, by processor time, which a busy machine disturbs less than the clock.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: one core is what is measured

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Camera, CameraGroup
from sbea_engine.geometry import TriangulationOptions, reproject, triangulate, undistort_px

Floats = NDArray[np.float64]
NOISE_PX = 1.0
WRONG_SHARE = 0.1
WRONG_PX = 80.0
LENS = np.array([-0.28, 0.09, 5e-4, -8e-4, -0.01])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    rig, rng = ring(4), np.random.default_rng(0)
    truth = rng.uniform((-120, -120, 0), (120, 120, 60), (asked.points, 3))
    exact = reproject(rig, truth)
    noisy = exact + rng.normal(0, NOISE_PX, exact.shape)
    wrong = with_a_wrong_view(noisy, rng)
    plain = TriangulationOptions(noise_px=NOISE_PX, robust=False)
    robust = TriangulationOptions(noise_px=NOISE_PX)

    worst = np.linalg.norm(triangulate(rig, exact).points_mm - truth, axis=1).max()
    print(f"true projections, distortion on: at most {worst:.1e} mm off ({asked.points} points)")
    print(f"noise of {NOISE_PX:g} px, error / sigma (root mean square over placed points; 1 is exact):")
    for name, px, options in (
        ("robust, the default", noisy, robust),
        ("plain", noisy, plain),
        (f"robust, a view wrong in {WRONG_SHARE:.0%}", wrong, robust),
    ):
        found = triangulate(rig, px, options=options)
        ratio = np.linalg.norm(found.points_mm - truth, axis=1) / found.sigma_mm
        print(f"  {name}: {np.sqrt(np.nanmean(ratio**2)):.3f}, {np.isnan(ratio).sum()} points not placed")
    print()

    ways: dict[str, Callable[[], Floats]] = {
        "SVD": lambda: svd(rig, noisy),
        "plain": lambda: triangulate(rig, noisy, options=plain).points_mm,
        "robust": lambda: triangulate(rig, noisy, options=robust).points_mm,
        f"SVD, a view wrong in {WRONG_SHARE:.0%}": lambda: svd(rig, wrong),
        f"robust, a view wrong in {WRONG_SHARE:.0%}": lambda: (
            triangulate(rig, wrong, options=robust).points_mm
        ),
        "undistortion of 4 views alone": lambda: straight(rig, noisy),
    }
    seconds = dict.fromkeys(ways, np.inf)
    answers: dict[str, Floats] = {}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            began = time.process_time()
            answers[name] = way()
            seconds[name] = min(seconds[name], time.process_time() - began)
    print(f"{'':32}{'points/s':>12}{'beside SVD':>12}{'median mm':>12}{'p99 mm':>10}")
    for name, took in seconds.items():
        row = f"{name:32}{asked.points / took:>12,.0f}{seconds['SVD'] / took:>12.2f}"
        if answers[name].shape == truth.shape:
            off = np.linalg.norm(answers[name] - truth, axis=1)
            row += f"{np.nanmedian(off):>12.3f}{np.nanpercentile(off, 99):>10.3f}"
        print(row)


def ring(count: int) -> CameraGroup:
    """Cameras 600 mm out and 450 mm up, looking at the middle of the floor."""
    K = np.array([[1000.0, 0, 639.5], [0, 1000.0, 511.5], [0, 0, 1]])

    def camera(i: int) -> Camera:
        angle = 2 * np.pi * i / count
        eye = np.array([600 * np.cos(angle), 600 * np.sin(angle), 450.0])
        forward = -eye / np.linalg.norm(eye)
        right = np.cross(forward, (0, 0, 1))
        right /= np.linalg.norm(right)
        R = np.stack([right, np.cross(forward, right), forward])
        return Camera(name=f"cam{i}", width=1280, height=1024, K=K, distortion=LENS, R=R, t=-R @ eye)

    return CameraGroup(cameras=tuple(camera(i) for i in range(count)))


def with_a_wrong_view(px: Floats, rng: np.random.Generator) -> Floats:
    """Pixels (view, point, 2) with one view far off in a share of the points."""
    hit = np.flatnonzero(rng.random(px.shape[1]) < WRONG_SHARE)
    angle = rng.uniform(0, 2 * np.pi, len(hit))
    wrong = px.copy()
    wrong[rng.integers(0, len(px), len(hit)), hit] += WRONG_PX * np.stack(
        [np.cos(angle), np.sin(angle)], axis=1
    )
    return wrong


def straight(rig: CameraGroup, px: Floats) -> Floats:
    """Normalised coordinates (view, point, 2) without distortion."""
    return np.stack([undistort_px(camera, seen) for camera, seen in zip(rig, px, strict=True)])


def svd(rig: CameraGroup, px: Floats) -> Floats:
    """Points (point, 3) by one batched SVD of (point, 2 views, 4)."""
    P = np.array([np.column_stack([camera.R, camera.t]) for camera in rig])
    flat = straight(rig, px).transpose(1, 0, 2)
    rows = flat[..., None] * P[:, 2][:, None] - P[:, :2]
    X = np.linalg.svd(rows.reshape(len(flat), -1, 4), full_matrices=False)[2][:, -1]
    return np.asarray(X[:, :3] / X[:, 3:], np.float64)


if __name__ == "__main__":
    main()
