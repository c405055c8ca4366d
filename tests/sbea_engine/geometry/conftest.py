from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.data import Camera, CameraGroup

MakeRig = Callable[..., CameraGroup]

# As real lenses have it: barrel, pincushion, the mixed signs of a wide lens, and decentred.
LENSES = (
    (-0.28, 0.09, 0.0, 0.0, 0.0),
    (0.12, -0.05, 5e-4, -8e-4, 0.01),
    (-0.4, 0.2, 1e-3, 1e-3, -0.06),
    (0.0, 0.0, 3e-3, -2e-3, 0.0),
)


def rotation_towards(direction: NDArray[np.float64], roll: float) -> NDArray[np.float64]:
    """Camera from world, looking along `direction`, turned by `roll` around it."""
    forward = direction / np.linalg.norm(direction)
    seed = np.eye(3)[np.argmin(np.abs(forward))]
    right = np.cross(forward, seed)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right + s * down, c * down - s * right, forward])


def random_rig(count: int, seed: int, *, lens: bool = True) -> CameraGroup:
    """Cameras 500 to 900 mm from the origin in all directions above the floor, looking near it."""
    rng = np.random.default_rng(seed)

    def camera(i: int) -> Camera:
        direction = rng.normal(size=3)
        direction[2] = abs(direction[2]) + 0.2
        eye = direction / np.linalg.norm(direction) * rng.uniform(500, 900)
        R = rotation_towards(rng.uniform(-40, 40, 3) - eye, rng.uniform(-np.pi, np.pi))
        focal = rng.uniform(700, 1200)
        K = np.array([[focal, 0, rng.uniform(600, 680)], [0, focal * 1.02, rng.uniform(470, 550)], [0, 0, 1]])
        return Camera(
            name=f"cam{i}",
            width=1280,
            height=1024,
            K=K,
            distortion=np.array(LENSES[i % len(LENSES)] if lens else [0.0] * 5),
            R=R,
            t=-R @ eye,
        )

    return CameraGroup(cameras=tuple(camera(i) for i in range(count)))


@pytest.fixture
def make_rig() -> MakeRig:
    return random_rig
