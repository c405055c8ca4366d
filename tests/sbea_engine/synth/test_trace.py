from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth.camera import by_place, camera_rays, look_at
from sbea_engine.synth.rotation import from_yaw_pitch_roll
from sbea_engine.synth.trace import Hit, Roi, Solid, outlines, trace


@pytest.fixture
def camera() -> Camera:
    show = np.array([(x, y, 0.0) for x in (-40, 40) for y in (-30, 30)])
    return look_at(name="a", eye_mm=(0, -60, 400), show_mm=show, width=128, height=96, fill=0.95)


def solid_of(*parts: tuple[tuple, tuple, bool]) -> Solid:
    """Unturned ellipsoids: (centre, radii, soft)."""
    n = len(parts)
    turn = np.tile(np.eye(3, dtype=np.float32), (n, 1, 1))
    centre = np.array([p[0] for p in parts], np.float32)
    return Solid(
        centre_mm=centre,
        rotation=turn,
        radii_mm=np.array([p[1] for p in parts], np.float32),
        soft=np.array([p[2] for p in parts]),
        casts=np.ones(n, np.bool_),
        tint=np.ones(n, np.float32),
        rest_centre_mm=centre,
        rest_rotation=turn,
    )


def look(camera: Camera, solid: Solid, samples: int = 2) -> tuple[Hit, np.ndarray, Roi]:
    """The hit, and the points (n, 3) met."""
    roi = Roi(0, camera.height, 0, camera.width)
    rays = by_place(camera_rays(camera, samples), samples)
    eye = camera.position_mm.astype(np.float32)
    hit = trace(eye, rays, roi, outlines(camera, solid), solid)
    return hit, (eye[:, None] + hit.distance_mm * rays.reshape(3, -1)[:, hit.ray]).T, roi


def test_a_hard_sphere_is_met_on_its_surface(camera: Camera) -> None:
    solid = solid_of(((5, 3, 10), (12, 12, 12), False))
    hit, points, _ = look(camera, solid)
    assert len(hit.ray) > 1000
    np.testing.assert_allclose(np.linalg.norm(points - (5, 3, 10), axis=1), 12, atol=0.01)
    spots = hit.spots
    np.testing.assert_allclose(np.linalg.norm(spots.normal, axis=0), 1, atol=1e-5)


def test_a_lone_soft_ellipsoid_is_met_on_its_surface(camera: Camera) -> None:
    hit, points, _ = look(camera, solid_of(((0, 0, 12), (25, 10, 9), True)), samples=1)
    assert len(hit.ray) > 500
    level = (((points - (0, 0, 12)) / (25, 10, 9)) ** 2).sum(1)
    np.testing.assert_allclose(level, 1, atol=0.06)


def test_outlines_hold_every_ray_that_meets_the_part(camera: Camera) -> None:
    solid = solid_of(((-10, 8, 10), (20, 6, 5), False))
    _, _, roi = look(camera, solid)
    (box,) = outlines(camera, solid)
    assert box is not None
    eye = camera.position_mm.astype(np.float32)
    everywhere = trace(eye, by_place(camera_rays(camera, 2), 2), roi, [roi], solid)
    rows, columns = np.divmod(everywhere.ray % roi.area, roi.shape[1])
    assert box.top <= rows.min() <= box.top + 1
    assert box.bottom - 1 <= rows.max() + 1 <= box.bottom
    assert box.left <= columns.min() <= box.left + 1
    assert box.right - 1 <= columns.max() + 1 <= box.right


def test_soft_parts_melt_at_the_joint_and_hard_ones_do_not(camera: Camera) -> None:
    parts = (((-9, 0, 12), (11, 9, 9)), ((9, 0, 12), (11, 9, 9)))
    heights = {}
    for soft in (True, False):
        _, points, _ = look(camera, solid_of(*((c, r, soft) for c, r in parts)))
        joint = points[(np.abs(points[:, 0]) < 0.7) & (np.abs(points[:, 1]) < 0.7)]
        heights[soft] = joint[:, 2].mean()
    assert heights[True] > heights[False] + 0.5


def test_the_nearer_of_two_parts_is_seen(camera: Camera) -> None:
    hit, _, _ = look(camera, solid_of(((0, 0, 5), (20, 20, 5), False), ((0, 0, 30), (6, 6, 6), False)))
    px, _ = project(camera, (0, 0, 36))
    middle = round(px[1]) * camera.width + round(px[0])
    assert hit.spots.part[hit.spot[np.flatnonzero(hit.ray == middle)[0]]] == 1


def test_fur_sticks_to_the_body(camera: Camera) -> None:
    """However a part is turned and moved, a point on it has the same place on the resting body."""
    rest = solid_of(((0, 0, 12), (25, 10, 9), True))
    turn = from_yaw_pitch_roll(0.8, 0.2, -0.1).astype(np.float32)
    centre = np.array([9.0, -6.0, 14.0], np.float32)
    hit, points, _ = look(camera, replace(rest, rotation=turn[None], centre_mm=centre[None]), samples=1)
    wanted = (points - centre) @ turn + (0, 0, 12)
    np.testing.assert_allclose(hit.spots.rest_mm[:, hit.spot].T, wanted, atol=1e-2)


def test_one_ray_a_pixel_and_four_agree(camera: Camera) -> None:
    solid = solid_of(((0, 0, 12), (25, 10, 9), True), ((20, 0, 14), (12, 7, 8), True))
    (coarse, _, _), (fine, _, _) = look(camera, solid, samples=1), look(camera, solid, samples=2)
    assert len(fine.ray) / 4 == pytest.approx(len(coarse.ray), rel=0.02)
    assert len(fine.spots.ray) < 0.6 * len(fine.ray)


def test_behind_the_camera_is_out_of_view(camera: Camera) -> None:
    assert outlines(camera, solid_of(((0, -120, 900), (5, 5, 5), False))) == [None]


def test_what_hard_parts_hide_gets_no_colour(camera: Camera) -> None:
    ball, lid = ((0, 0, 12), (10, 10, 10), True), ((0, 0, 40), (30, 30, 3), False)
    hit, _, _ = look(camera, solid_of(ball, lid))
    assert (hit.spots.part == 1).all()
    assert np.isin(np.arange(len(hit.spots.ray)), hit.spot).all()
