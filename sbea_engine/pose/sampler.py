"""Training batches: which frame, which view of it, and what is known there."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.nn.augmentation import AugmentationConfig, random_clip
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.plan import WorkingPlan, to_working
from sbea_engine.pose.splits import Rows


class ViewSampler:
    """Random views of labelled frames; batch n is a function of (seed, n) and of nothing else.

    Args:
        rows: Labelled frames to draw from; each is used once before any is used again.
    """

    def __init__(
        self,
        labels: LabelSet,
        frames: FrameStore,
        rows: Rows,
        plan: WorkingPlan,
        augmentation: AugmentationConfig,
        *,
        batch_size: int,
        seed: int,
    ) -> None:
        self._frames = frames
        self._rows = rows
        self._plan = plan
        self._augmentation = augmentation
        self._batch_size = batch_size
        self._seed = seed
        self._individuals, keypoints = len(labels.individuals), len(labels.skeleton)
        # One map a keypoint of each individual, individual after individual; a mirror keeps who is who.
        self._flip_index = np.concatenate(
            [labels.skeleton.flip_index + keypoints * i for i in range(self._individuals)]
        )
        self._visibility = labels.visibility.reshape(len(labels), -1)
        self._points = np.stack(
            [
                to_working(points, size, plan.working_size(size)).reshape(-1, 2)
                for points, size in zip(labels.points_px, frames.sizes, strict=True)
            ]
        )

    def batch(self, number: int) -> PoseBatch:
        """Views `number * batch_size` onwards of the endless shuffled sequence."""
        first = number * self._batch_size
        views = [self._view(first + i) for i in range(self._batch_size)]
        size = self._plan.crop_px
        images = np.stack([np.stack(clip) for clip, _, _ in views])
        points = np.stack([p for _, p, _ in views])
        visibility = np.stack([v for _, _, v in views])
        inside = ((points >= -0.5) & (points <= size - 0.5)).all(-1)  # False for NaN
        placed = inside & (visibility >= Visibility.GUESSED)
        images = images[:, :, None] if images.ndim == 4 else np.moveaxis(images, -1, 2)
        if images.shape[1] == 1:  # frames alone
            images = images[:, 0]
        return PoseBatch(
            images=torch.from_numpy(np.ascontiguousarray(images)),
            points_px=torch.from_numpy(points),
            placed=torch.from_numpy(placed),
            known=torch.from_numpy(visibility != Visibility.UNLABELLED),
        )

    def _subject(self, row: int, number: int) -> NDArray[np.float32] | None:
        """Points of the individual that the view is of: one that is labelled there, by chance."""
        if self._individuals == 1:
            return None
        points = self._points[row].reshape(self._individuals, -1, 2)
        there = np.flatnonzero(np.isfinite(points).all(-1).any(-1))
        if len(there) == 0:
            return None
        subject: NDArray[np.float32] = points[np.random.default_rng((self._seed, 3, number)).choice(there)]
        return subject

    def _view(self, number: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32], NDArray[np.int8]]:
        epoch, place = divmod(number, len(self._rows))
        row = int(np.random.default_rng((self._seed, 1, epoch)).permutation(self._rows)[place])
        clip, points, order = random_clip(
            self._frames.window(row),
            self._points[row],
            self._plan.crop_px,
            self._augmentation,
            np.random.default_rng((self._seed, 2, number)),
            flip_index=self._flip_index,
            subject_px=self._subject(row, number),
        )
        return clip, points, self._visibility[row][order]
