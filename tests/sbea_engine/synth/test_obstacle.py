from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sbea_engine.synth.obstacle import BadObstacle, Circle, Footprint, Obstacle, Rectangle

GREY = (0.3, 0.3, 0.3)
FOOTPRINTS: list[Footprint] = [
    Circle(centre_mm=(20.0, -35.0), radius_mm=30.0),
    Rectangle(centre_mm=(-10.0, 15.0), half_mm=(40.0, 18.0), turn_rad=0.6),
]


def fine_steps(
    obstacle: Obstacle, eye: np.ndarray, ray: np.ndarray, step_mm: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Where rays first lie inside, found by walking: distance (n,), inf for none."""
    along = np.arange(0, 1200, step_mm)
    found = np.full(ray.shape[1], np.inf)
    for i in range(ray.shape[1]):
        points = eye + along[:, None] * ray[:, i]
        inside = (obstacle.footprint.gap_mm(points[:, :2]) < 0) & (points[:, 2] > 0)
        inside &= points[:, 2] < obstacle.height_mm
        if inside.any():
            found[i] = along[inside.argmax()]
    return found, along


@pytest.mark.parametrize("footprint", FOOTPRINTS)
@pytest.mark.parametrize("eye", [(180.0, -260.0, 300.0), (30.0, 20.0, -350.0), (-300.0, 10.0, 25.0)])
def test_rays_meet_it_where_walking_along_them_does(footprint: Footprint, eye: tuple) -> None:
    obstacle = Obstacle(footprint=footprint, height_mm=50.0, colour=GREY)
    rng = np.random.default_rng(4)
    aim = np.array([*footprint.centre_mm, 25.0])[:, None] + rng.normal(0, 30, (3, 150))
    ray = aim - np.array(eye)[:, None]
    ray = (ray / np.linalg.norm(ray, axis=0)).astype(np.float32)
    distance, normal = obstacle.meet(np.array(eye), ray)
    walked, _ = fine_steps(obstacle, np.array(eye), ray.astype(np.float64))
    met = np.isfinite(distance) & np.isfinite(walked)
    assert met.sum() > 40
    assert (np.isfinite(distance) != np.isfinite(walked)).mean() < 0.03  # the walk may miss a grazed edge
    np.testing.assert_allclose(distance[met], walked[met], atol=0.06)
    assert ((normal * ray).sum(0)[met] < 1e-6).all()  # the face that is met looks at the eye
    np.testing.assert_allclose(np.linalg.norm(normal[:, met], axis=0), 1, atol=1e-3)


@pytest.mark.parametrize("footprint", FOOTPRINTS)
def test_the_gap_is_the_distance_to_the_edge(footprint: Footprint) -> None:
    angle = np.linspace(0, 2 * np.pi, 20_000)
    if isinstance(footprint, Circle):
        edge = footprint.radius_mm * np.stack([np.cos(angle), np.sin(angle)], 1)
    else:
        side = np.linspace(-1, 1, 5000)
        one = np.ones_like(side)
        edge = np.concatenate(
            [np.stack(p, 1) for p in ((side, one), (side, -one), (one, side), (-one, side))]
        )
        edge = edge * footprint.half_mm @ footprint.axes
    edge = edge + footprint.centre_mm
    points = np.random.default_rng(1).uniform(-120, 120, (200, 2))
    nearest = np.linalg.norm(points[:, None] - edge, axis=-1).min(1)
    np.testing.assert_allclose(np.abs(footprint.gap_mm(points)), nearest, atol=0.03)
    assert footprint.gap_mm(footprint.centre_mm) < 0
    assert (np.linalg.norm(edge - footprint.centre_mm, axis=1) <= footprint.reach_mm + 1e-9).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Circle(centre_mm=(0, 0), radius_mm=0.0),
        lambda: Rectangle(centre_mm=(0, 0), half_mm=(3.0, -1.0)),
        lambda: Obstacle(footprint=FOOTPRINTS[0], height_mm=0.0, colour=GREY),
    ],
)
def test_a_thing_without_extent_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(BadObstacle, match="above 0 mm"):
        make()
