"""Seeded labels, poses and pictures that the tests of all outside formats share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility

SKELETON = Skeleton(
    keypoints=("nose", "left ear", "right ear", "tail"),
    edges=(("nose", "left ear"), ("nose", "right ear"), ("nose", "tail")),
    symmetric=(("left ear", "right ear"),),
)
SIZE = (64, 48)  # width, height


def picture(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(H, W, 3) whose colours tell RGB from BGR."""
    return np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


def make_labels(
    folder: Path,
    *,
    individuals: tuple[str, ...] = ("ann", "bert"),
    videos: tuple[str, ...] = ("cam a", "cam b"),
    frames: tuple[int, ...] = (0, 4, 11, 300),
    seed: int = 0,
    guessed: bool = False,
) -> LabelSet:
    """Labels of pictures that are written to `folder`, with gaps, and hidden keypoints if asked for."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    sources = []
    for v, video in enumerate(videos):
        for index in frames:
            path = folder / video / f"img{index:04d}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(picture(1000 * v + index)).save(path)
            sources.append(FrameSource(video=video, index=index, path=path))
    shape = (len(sources), len(individuals), len(SKELETON))
    points = rng.uniform(0, 47, (*shape, 2)).astype(np.float32)
    visibility = np.full(shape, Visibility.VISIBLE, np.int8)
    visibility[rng.random(shape) < 0.2] = Visibility.UNLABELLED
    if guessed:
        visibility[rng.random(shape) < 0.2] = Visibility.GUESSED
    visibility[:, :, 0] = Visibility.VISIBLE
    points[visibility == Visibility.UNLABELLED] = np.nan
    return LabelSet(
        skeleton=SKELETON,
        individuals=individuals,
        frames=tuple(sources),
        points_px=points,
        visibility=visibility,
    )


def make_poses(
    *, individuals: tuple[str, ...] = ("ann", "bert"), frames: int = 20, start: int = 0, seed: int = 0
) -> Poses:
    """Predictions with gaps: single keypoints, whole individuals, and one frame without anybody."""
    rng = np.random.default_rng(seed)
    shape = (frames, len(individuals), len(SKELETON))
    points = rng.uniform(0, 640, (*shape, 2)).astype(np.float32)
    confidence = rng.uniform(0, 1, shape).astype(np.float32)
    lost = rng.random(shape) < 0.1
    lost[frames // 2, 0], lost[frames // 3] = True, True
    points[lost] = np.nan
    confidence[lost] = np.nan
    return Poses(
        skeleton=SKELETON,
        individuals=individuals,
        frames=np.arange(start, start + frames, dtype=np.int64),
        points_px=points,
        confidence=confidence,
    )


def assert_same_labels(got: LabelSet, expected: LabelSet) -> None:
    """Every frame, name, position and visibility is the same; positions to the last bit of float32."""
    assert got.skeleton.keypoints == expected.skeleton.keypoints
    assert got.individuals == expected.individuals
    got, expected = got.select(got.time_order()), expected.select(expected.time_order())
    assert [(f.video, f.index) for f in got.frames] == [(f.video, f.index) for f in expected.frames]
    np.testing.assert_array_equal(got.points_px, expected.points_px)
    np.testing.assert_array_equal(got.visibility, expected.visibility)


def assert_same_poses(got: Poses, expected: Poses) -> None:
    """Every frame, name, position and confidence is the same, to the last bit of float32."""
    assert got.skeleton.keypoints == expected.skeleton.keypoints
    assert got.individuals == expected.individuals
    np.testing.assert_array_equal(got.frames, expected.frames)
    np.testing.assert_array_equal(got.points_px, expected.points_px)
    np.testing.assert_array_equal(got.confidence, expected.confidence)
