"""Training batches of the fine stage: crops round one animal, cut as carelessly as the coarse stage may."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.nn.augmentation import AugmentationConfig, change_appearance
from sbea_engine.pose.alignment import place
from sbea_engine.pose.crops import CropPlan, cut
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.plan import to_working
from sbea_engine.pose.splits import Rows

TURN_SD, ANYHOW = 0.3, 0.1
"""Radians by which a crop is turned away from the body axis; share of crops that are turned anyhow, because
the coarse stage now and then takes a head for a tail."""

SHIFT_SD = 0.035
"""Of the crop's longer side."""

ZOOM = (0.76, 1.32)

MOST_EMPTY = 0.25
"""Frames without an animal for each labelled animal: however many there are, animals are what is learned."""


class CropSampler:
    """Random crops of labelled animals; batch n is a function of (seed, n) and of nothing else.

    Args:
        frames: Loaded with reduced frames.
        rows: Labelled frames to draw from; each labelled animal is used once before any is used again, and
            so are frames that a person called empty, evenly spread over them, of which some place is seen.
    """

    def __init__(
        self,
        labels: LabelSet,
        frames: FrameStore,
        rows: Rows,
        plan: CropPlan,
        augmentation: AugmentationConfig,
        *,
        batch_size: int,
        seed: int,
    ) -> None:
        self._frames = frames
        self._plan = plan
        self._augmentation = augmentation
        self._batch_size = batch_size
        self._seed = seed
        self._flip_index = labels.skeleton.flip_index
        self._visibility = labels.visibility
        self._points = np.stack(
            [
                to_working(points, size, frames.working_size(size))
                for points, size in zip(labels.points_px, frames.sizes, strict=True)
            ]
        ).astype(np.float64)
        animals = [
            (int(row), who)
            for row in rows
            for who, points in enumerate(self._points[row])
            if np.isfinite(points).all(-1).any()
        ]
        empty = [(int(row), 0) for row in rows if self._is_empty(row)]
        most = max(1, round(MOST_EMPTY * len(animals)))
        kept = np.unique(np.linspace(0, len(empty) - 1, min(most, len(empty))).round().astype(int))
        self._animals = animals + [empty[n] for n in kept]

    def _is_empty(self, row: int) -> bool:
        """Whether a person said of a frame that no animal is in it."""
        return bool((self._visibility[row] == Visibility.ABSENT).all())

    def _anywhere(self, row: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """The mean pose (keypoint, 2) at some place of a frame, which a coarse stage may well name."""
        height, width = self._frames.image(row).shape[:2]
        shape = self._plan.body.shape_px
        return np.asarray(shape - shape.mean(0) + rng.uniform((0, 0), (width, height)), np.float64)

    def batch(self, number: int) -> PoseBatch:
        """Crops `number * batch_size` onwards of the endless shuffled sequence."""
        first = number * self._batch_size
        crops = [self._crop(first + i) for i in range(self._batch_size)]
        images = np.stack([image for image, _, _ in crops])
        points = np.stack([p for _, p, _ in crops])
        visibility = np.stack([v for _, _, v in crops])
        limit = np.array([self._plan.width, self._plan.height]) - 0.5
        inside = ((points >= -0.5) & (points <= limit)).all(-1)  # False for NaN
        images = images[:, None] if images.ndim == 3 else np.moveaxis(images, -1, 1)
        return PoseBatch(
            images=torch.from_numpy(np.ascontiguousarray(images)),
            points_px=torch.from_numpy(points),
            placed=torch.from_numpy(inside & (visibility >= Visibility.GUESSED)),
            known=torch.from_numpy(visibility != Visibility.UNLABELLED),
        )

    def _crop(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int8]]:
        epoch, place_in_epoch = divmod(number, len(self._animals))
        order = np.random.default_rng((self._seed, 11, epoch)).permutation(len(self._animals))
        row, who = self._animals[int(order[place_in_epoch])]
        rng = np.random.default_rng((self._seed, 12, number))
        points = self._points[row, who]
        empty = not np.isfinite(points).any()
        laid = self._anywhere(row, rng) if empty else points
        mirror = self._augmentation.flip and bool(rng.random() < 0.5)
        placement = place(self._plan.body.shape_px, laid[None], np.ones((1, len(points))))
        matrix = self._plan.matrix(
            placement,
            0,
            turn=float(rng.uniform(-np.pi, np.pi) if rng.random() < ANYHOW else rng.normal(0, TURN_SD)),
            zoom=float(np.exp(rng.uniform(*np.log(ZOOM)))),
            shift_px=tuple(rng.normal(0, SHIFT_SD * max(self._plan.width, self._plan.height), 2)),
            mirror=mirror,
        )
        border, grey = int(rng.integers(3)), int(rng.integers(256))
        view = cut(self._frames.image(row), matrix, self._plan, border=border, grey=grey)
        moved = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        order_of = self._flip_index if mirror else np.arange(len(points))
        view = change_appearance(view, self._augmentation, rng)
        return view, moved[order_of], self._visibility[row, who][order_of]
