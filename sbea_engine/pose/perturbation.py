"""How firm an answer is, of one network: what it says of the same frame turned, shifted, mirrored.

A cheap stand-in for an ensemble (test-time augmentation, Wang et al. 2019): one training, and as many passes
as there are copies. What all copies get wrong alike it does not see.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sbea_engine.errors import BadInput
from sbea_engine.pose.agreement import answers_logit
from sbea_engine.pose.answers import SpreadAnswer
from sbea_engine.pose.consensus import consensus
from sbea_engine.pose.factory import PoseModel
from sbea_engine.pose.frames import Image

Floats = NDArray[np.float64]

TURNS_DEG = (-10.0, 10.0)
SHIFTS_PX = ((3.0, -2.0), (-2.0, 3.0))


def predict_with_spread(model: PoseModel, images: Iterator[Image]) -> Generator[SpreadAnswer]:
    """Answers to frames (H, W, 3) RGB from several copies of each, frame by frame.

    A mirrored copy is among them where the skeleton names left and right: only then was the model trained on
    mirrored views.

    Yields:
        points_px (1, individual, keypoint, 2), confidence and spread_px without the last axis. The confidence
        is that of the mean logit of the copies: calibrated no better than the model's own.

    Raises:
        BadInput: The model sees frames before and after, which copies of one frame do not have.
    """
    if model.config.context_frames:
        raise BadInput(
            "Copies of a frame by itself cannot be shown to a model that sees frames before and after. Take "
            "a model that was trained with --context 0."
        )
    radius = float(model.card_.plan["radius_px"])
    order = model.skeleton_.flip_index
    for image in images:
        maps = copies_of(image.shape[1], image.shape[0], mirror=bool(model.skeleton_.symmetric))
        found = list(model.predict_stream(_warped(image, m) for m in maps))
        points, confidence = (np.concatenate(part) for part in zip(*found, strict=True))
        for copy, matrix in enumerate(maps):
            if np.linalg.det(matrix[:, :2]) < 0:
                points[copy], confidence[copy] = points[copy][:, order], confidence[copy][:, order]
            points[copy] = (points[copy] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        agreed = consensus(points, confidence, radius)
        trust = expit(answers_logit(confidence))
        yield (
            agreed.points_px[None].astype(np.float32),
            trust[None].astype(np.float32),
            agreed.spread_px[None].astype(np.float32),
        )


def copies_of(width: int, height: int, *, mirror: bool) -> list[Floats]:
    """Maps (2, 3) from pixels of a frame to pixels of its copies; the first is the frame itself."""
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    maps = [np.hstack([np.eye(2), np.zeros((2, 1))])]
    for angle in np.deg2rad(TURNS_DEG):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        maps.append(np.hstack([turn, (middle - turn @ middle)[:, None]]))
    maps += [np.hstack([np.eye(2), np.array(shift)[:, None]]) for shift in SHIFTS_PX]
    if mirror:
        maps.append(np.array([[-1.0, 0, width - 1], [0, 1, 0]]))
    return maps


def _warped(image: Image, matrix: Floats) -> Image:
    import cv2

    size = (image.shape[1], image.shape[0])
    if np.array_equal(matrix[:, :2], np.eye(2)) and not matrix[:, 2].any():
        return image
    return np.asarray(cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
