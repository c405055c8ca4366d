"""Random views of a labelled image: geometry that moves the labels too, then appearance.

Everything is drawn from the generator that is passed in, so a sample is a function of its seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

BORDERS = ("BORDER_REFLECT_101", "BORDER_REPLICATE", "BORDER_CONSTANT")
"""OpenCV's names of what may lie beyond the picture: its mirror image, its last pixels, one random grey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationConfig:
    """How far a random view may be from the original.

    Attributes:
        rotation_deg: Uniform in plus or minus this.
        scale: Uniform in logarithm between these.
        flip: Mirror half of the samples; only right where left/right pairs are declared or left and right
            look alike, because a mirrored left ear is a right ear.
        shift: Standard deviation of the view's centre round the subject, as a share of the view's size.
        elsewhere: Share of samples centred anywhere on the picture: teaches what is not the subject.
        gamma, contrast, brightness: Uniform in plus or minus; gamma and contrast in logarithm,
            brightness as a share of the range.
        blur, motion_blur, noise, cover: Shares of samples that get each.
        noise_sd: Largest standard deviation of the noise, grey levels.
        reflect: Beyond the picture may come its mirror image; not where every animal that can be seen must be
            labelled.
    """

    rotation_deg: float = 180.0
    scale: tuple[float, float] = (0.65, 1.4)
    flip: bool = False
    shift: float = 0.14
    elsewhere: float = 0.08
    gamma: float = 0.35
    contrast: float = 0.3
    brightness: float = 0.12
    blur: float = 0.15
    motion_blur: float = 0.1
    noise: float = 0.5
    noise_sd: float = 12.0
    cover: float = 0.2
    reflect: bool = True


def _as_image(array: NDArray[Any]) -> Image:
    """What OpenCV returns, with the type that it has when it was given an image."""
    return array.astype(np.uint8, copy=False)


def random_view(
    image: Image,
    points_px: NDArray[np.float32],
    size: int,
    config: AugmentationConfig,
    rng: np.random.Generator,
    *,
    flip_index: NDArray[np.intp],
    subject_px: NDArray[np.float32] | None = None,
) -> tuple[Image, NDArray[np.float32], NDArray[np.intp]]:
    """One augmented square view of a labelled image.

    Args:
        image: (H, W) or (H, W, 3).
        points_px: (keypoint, 2); NaN rows stay NaN.
        size: Side of the view, pixels.
        flip_index: Permutation of keypoints that mirroring needs (`Skeleton.flip_index`).
        subject_px: The points (n, 2) round which the view is centred; all of them when None.

    Returns:
        The view (size, size[, 3]), its points (keypoint, 2) in its own pixels (they may lie outside), and
        the keypoint permutation that was applied (the caller applies it to visibility).
    """
    views, points, order = random_clip(
        [image], points_px, size, config, rng, flip_index=flip_index, subject_px=subject_px
    )
    return views[0], points, order


def random_clip(
    images: Sequence[Image],
    points_px: NDArray[np.float32],
    size: int,
    config: AugmentationConfig,
    rng: np.random.Generator,
    *,
    flip_index: NDArray[np.intp],
    subject_px: NDArray[np.float32] | None = None,
) -> tuple[list[Image], NDArray[np.float32], NDArray[np.intp]]:
    """`random_view` of several frames of one size that follow one another, one of which is labelled.

    The view is the same for all frames, and so are gamma, contrast and brightness. Covers, blur and noise are
    drawn for each frame, so that what is lost in one is to be found in its neighbours.
    """
    mirror = config.flip and bool(rng.random() < 0.5)
    subject = points_px if subject_px is None else subject_px
    matrix = _view_matrix(images[0].shape[:2], subject, size, config, rng, mirror=mirror)
    border = _border(BORDERS if config.reflect else BORDERS[1:], rng)
    points = points_px.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    order = flip_index if mirror else np.arange(len(points_px), dtype=np.intp)
    tones = _tones(config, rng)
    views = [_disturb(tones[_warp(image, matrix, size, border)], config, rng) for image in images]
    return views, points[order].astype(np.float32), order


def _view_matrix(
    shape: tuple[int, ...],
    points_px: NDArray[np.float32],
    size: int,
    config: AugmentationConfig,
    rng: np.random.Generator,
    *,
    mirror: bool,
) -> NDArray[np.float64]:
    """view_from_image, 2x3: centre, then mirror, rotate and scale, then the middle of the view."""
    height, width = shape
    placed = points_px[np.isfinite(points_px).all(-1)]
    angle = np.deg2rad(rng.uniform(-config.rotation_deg, config.rotation_deg))
    scale = np.exp(rng.uniform(*np.log(config.scale)))
    anywhere = rng.uniform((0.0, 0.0), (width - 1.0, height - 1.0))
    shift = rng.normal(0.0, config.shift * size, 2)
    if len(placed) == 0 or rng.random() < config.elsewhere:
        centre = anywhere
    else:
        centre = (placed.min(0) + placed.max(0)) / 2 + shift / scale
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if mirror else 1.0, 1.0])
    return np.column_stack([linear, (size - 1) / 2 - linear @ centre])


def _border(borders: tuple[str, ...], rng: np.random.Generator) -> tuple[str, int]:
    """What comes beyond the picture, one of `borders` by chance, and the grey that it may be."""
    return borders[int(rng.integers(len(borders)))], int(rng.integers(256))


def _warp(image: Image, matrix: NDArray[np.float64], size: int, border: tuple[str, int]) -> Image:
    import cv2

    mode, grey = getattr(cv2, border[0]), border[1]
    view = cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=(grey, grey, grey)
    )
    return _as_image(view)


def change_appearance(view: Image, config: AugmentationConfig, rng: np.random.Generator) -> Image:
    """Gamma, contrast, brightness, covers, blur, motion blur and noise, in that order."""
    return _disturb(_tones(config, rng)[view], config, rng)


def _tones(config: AugmentationConfig, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Gamma, contrast and brightness: what becomes of each grey level."""
    levels = np.linspace(0.0, 1.0, 256) ** np.exp(rng.uniform(-config.gamma, config.gamma))
    contrast = np.exp(rng.uniform(-config.contrast, config.contrast))
    brightness = rng.uniform(-config.brightness, config.brightness)
    levels = (levels - 0.5) * contrast + 0.5 + brightness
    return _as_image(np.clip(levels * 255.0 + 0.5, 0, 255).astype(np.uint8))


def _disturb(view: Image, config: AugmentationConfig, rng: np.random.Generator) -> Image:
    """Covers, blur, motion blur and noise, in that order."""
    import cv2

    if rng.random() < config.cover:
        view = _cover(view, rng)
    if rng.random() < config.blur:
        view = _as_image(cv2.GaussianBlur(view, (0, 0), float(rng.uniform(0.4, 1.5))))
    if rng.random() < config.motion_blur:
        view = _as_image(cv2.filter2D(view, -1, _motion_kernel(rng)))
    if rng.random() < config.noise:
        sd = np.float32(rng.uniform(0, config.noise_sd))
        noise = rng.standard_normal(view.shape, dtype=np.float32) * sd
        view = np.clip(view + noise + np.float32(0.5), 0, 255).astype(np.uint8)
    return view


def _cover(view: Image, rng: np.random.Generator) -> Image:
    """Hide one or two rectangles behind another part of the same view: what an obstacle does."""
    view = view.copy()
    size = view.shape[0]
    for _ in range(int(rng.integers(1, 3))):
        h, w = rng.integers(max(2, size // 16), max(3, size // 5), 2)
        y, from_y = rng.integers(0, size - h, 2)
        x, from_x = rng.integers(0, size - w, 2)
        view[y : y + h, x : x + w] = view[from_y : from_y + h, from_x : from_x + w].copy()
    return view


def _motion_kernel(rng: np.random.Generator) -> NDArray[np.float32]:
    """A line of 3 to 7 pixels in a random direction, summing to 1."""
    import cv2

    length = int(rng.integers(3, 8))
    half = length // 2
    side = 2 * half + 1
    angle = rng.uniform(0, np.pi)
    dx, dy = np.cos(angle) * half, np.sin(angle) * half
    kernel = np.zeros((side, side), np.float32)
    start, end = (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy))
    cv2.line(kernel, start, end, 1.0, 1)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
