from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.synth.arena import Light
from sbea_engine.synth.rotation import from_yaw_pitch_roll
from sbea_engine.synth.shade import FloorShadow
from sbea_engine.synth.solid import Solid


def lying(*centres: tuple[float, float, float]) -> Solid:
    """Long ellipsoids of one size, turned by 30 degrees."""
    n = len(centres)
    centre = np.array(centres, np.float32)
    turn = np.tile(from_yaw_pitch_roll(np.pi / 6).astype(np.float32), (n, 1, 1))
    return Solid(
        centre_mm=centre,
        rotation=turn,
        radii_mm=np.tile(np.array([20, 8, 8], np.float32), (n, 1)),
        soft=np.ones(n, np.bool_),
        casts=np.ones(n, np.bool_),
        tint=np.ones(n, np.float32),
        rest_centre_mm=centre,
        rest_rotation=turn,
    )


def light_on(shadow: FloorShadow, *places: tuple[float, float]) -> np.ndarray:
    return np.asarray(shadow.light_at(np.array(places, np.float32).T[:, None])[0])


@pytest.fixture
def overhead() -> Light:
    return Light(lamp_mm=(0.0, 0.0, 1000.0))


def test_the_shadow_lies_along_the_body(overhead: Light) -> None:
    """What sticks out along the long axis is dark at both ends; as far out across it, there is light."""
    shadow = FloorShadow([lying((30, -60, 8))], overhead)
    x, y = 16 * np.cos(np.pi / 6), 16 * np.sin(np.pi / 6)
    under, front, rear, left, right, away = light_on(
        shadow,
        (30, -60),
        (30 + x, -60 + y),
        (30 - x, -60 - y),
        (30 - y, -60 + x),
        (30 + y, -60 - x),
        (500, 0),
    )
    assert under < 0.45
    assert front == pytest.approx(rear, abs=0.03)
    assert left == pytest.approx(right, abs=0.03)
    assert max(front, rear) < min(left, right) - 0.15
    assert away == 1


def test_each_body_has_a_shadow_of_its_own(overhead: Light) -> None:
    centres = ((-90.0, 40.0, 8.0), (70.0, -30.0, 8.0))
    both = FloorShadow([lying(*centres)], overhead)
    for x, y, z in centres:
        alone = FloorShadow([lying((x, y, z))], overhead)
        near = [(x + dx, y + dy) for dx in (-12, 0, 12) for dy in (-12, 0, 12)]
        np.testing.assert_allclose(light_on(both, *near), light_on(alone, *near), atol=0.05)
