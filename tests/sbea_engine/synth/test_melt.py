"""Stepping along rays against looking at every place of them."""

from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.synth.melt import MELT_MM, march
from sbea_engine.synth.pairs import Pairs
from sbea_engine.synth.rotation import from_yaw_pitch_roll
from sbea_engine.synth.solid import Solid

EYE = np.array([0, 0, 500], np.float32)


def body(seed: int) -> Solid:
    """Eight soft ellipsoids in a heap, about as round as those of a body."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-14, 14, (8, 3)).astype(np.float32)
    turn = from_yaw_pitch_roll(*rng.uniform(-3, 3, (3, 8))).astype(np.float32)
    return Solid(
        centre_mm=centre,
        rotation=turn,
        radii_mm=rng.uniform(7, 12, (8, 3)).astype(np.float32),
        soft=np.ones(8, np.bool_),
        casts=np.ones(8, np.bool_),
        tint=np.ones(8, np.float32),
        rest_centre_mm=centre,
        rest_rotation=turn,
    )


def rays_over(side_mm: float, count: int) -> np.ndarray:
    """Unit directions (3, count^2) from the eye to a square of the plane z = 0."""
    at = np.linspace(-side_mm / 2, side_mm / 2, count)
    x, y = np.meshgrid(at, at)
    way = np.stack([x.ravel(), y.ravel(), np.full(x.size, -EYE[2])])
    return np.asarray((way / np.linalg.norm(way, axis=0)).astype(np.float32))


def depth_below_surface(solid: Solid, rays: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """How deep (ray, distance) inside the melted body the places along rays lie, negative outside."""
    point = EYE + distance[:, None] * rays.T[:, None].astype(np.float64)
    local = np.einsum("pij,rdpi->rdpj", solid.rotation, point[:, :, None] - solid.centre_mm)
    unit = local / solid.radii_mm
    k0, k1 = (np.linalg.norm(v, axis=-1) for v in (unit, unit / solid.radii_mm))
    return np.asarray(MELT_MM * np.log(np.exp(k0 * (1 - k0) / k1 / MELT_MM).sum(-1)))


@pytest.mark.parametrize("seed", range(5))
def test_rays_meet_the_body_where_a_close_look_finds_it(seed: int) -> None:
    solid, rays = body(seed), rays_over(90, 24)
    everything = np.arange(rays.shape[1])
    pairs = Pairs.meeting(EYE, rays, [(p, everything) for p in range(8)], solid)
    found, _ = march(pairs, solid, rays.shape[1])
    distance = np.linspace(455, 545, 361)
    depth = depth_below_surface(solid, rays, distance)
    deepest = depth.max(1)
    assert 40 < (deepest > 0.5).sum() < 500
    assert np.isfinite(found[deepest > 0.5]).all()
    assert np.isinf(found[deepest < -0.5]).all()
    sure = deepest > 2  # and not only just
    off = np.abs(found[sure] - distance[(depth[sure] > 0).argmax(1)])
    assert (off < 0.7).mean() > 0.9  # a ray that begins inside one part may skip a thin edge of another


def test_few_rays_are_stepped_along_that_do_not_meet_the_body() -> None:
    solid, rays = body(0), rays_over(90, 60)
    near = Pairs.meeting(EYE, rays, [(p, np.arange(rays.shape[1])) for p in range(8)], solid)
    found, kept = march(near, solid, rays.shape[1])
    missing = np.isinf(found)
    assert missing[np.unique(kept.ray)].sum() < 0.4 * missing[np.unique(near.ray)].sum()
