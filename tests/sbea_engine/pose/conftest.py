"""A tiny rendered scene: an 'animal' of two blobs that a small network learns in seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility

NOSE_TAIL = Skeleton(keypoints=("nose", "tail"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def draw(points: NDArray[np.float32], size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A bright and narrow nose, a dim and wide tail, on noise; `size` is (width, height)."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    image = rng.normal(60, 6, (size[1], size[0]))
    for (px, py), (height, sd) in zip(points, ((170, 3.0), (-45, 6.0)), strict=True):
        image += height * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sd**2))
    grey = np.clip(image, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def scatter(count: int, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """(count, 2, 2) positions: tail 28 px from the nose in a random direction, both in the picture."""
    middle = rng.uniform((22, 22), (size[0] - 22, size[1] - 22), (count, 2))
    angle = rng.uniform(0, 2 * np.pi, count)
    half = 14 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.stack([middle + half, middle - half], axis=1).astype(np.float32)


@pytest.fixture(scope="session")
def make_scene(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LabelSet]:
    """Render `count` labelled frames, one PNG each."""

    def make(count: int, *, seed: int = 0, size: tuple[int, int] = (96, 80)) -> LabelSet:
        rng = np.random.default_rng(seed)
        folder = tmp_path_factory.mktemp("scene")
        points = scatter(count, size, rng)
        frames = []
        for i in range(count):
            path = folder / f"{i:03}.png"
            Image.fromarray(draw(points[i], size, rng)).save(path)
            frames.append(FrameSource(video="scene", index=i, path=path))
        return LabelSet(
            skeleton=NOSE_TAIL,
            individuals=("mouse",),
            frames=tuple(frames),
            points_px=points[:, None],
            visibility=np.full((count, 1, 2), Visibility.VISIBLE, dtype=np.int8),
        )

    return make


@pytest.fixture(scope="session")
def scene(make_scene: Callable[..., LabelSet]) -> LabelSet:
    return make_scene(16)


@pytest.fixture(scope="session")
def other_scene(make_scene: Callable[..., LabelSet]) -> LabelSet:
    """Frames that no model of these tests was trained on."""
    return make_scene(12, seed=99)


def relabelled(labels: LabelSet, *, points_px: NDArray[np.float32], visibility: NDArray[np.int8]) -> LabelSet:
    """The same frames with other labels."""
    return LabelSet(
        skeleton=labels.skeleton,
        individuals=labels.individuals,
        frames=labels.frames,
        points_px=points_px,
        visibility=visibility,
    )
