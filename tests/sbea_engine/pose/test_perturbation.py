"""With a 'model' that finds coloured dots exactly, every copy must come back to the same place."""

from collections.abc import Generator, Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from sbea_engine.data import Skeleton
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel
from sbea_engine.pose.frames import Image
from sbea_engine.pose.perturbation import copies_of, predict_with_spread

PLACES = np.array([[40.0, 30.0], [60.0, 34.0]])  # a red dot and a green one


class DotFinder:
    """What lies further left in the picture is called left, also where the picture is mirrored."""

    config = PoseConfig()
    skeleton_ = Skeleton(keypoints=("left", "right"), symmetric=(("left", "right"),))
    individuals_ = ("mouse",)
    card_ = SimpleNamespace(plan={"radius_px": 3.0})

    def predict_stream(self, images: Iterator[Image]) -> Generator[Answer]:
        for image in images:
            found = []
            for channel in (0, 1):
                weight = image[..., channel].astype(float)
                y, x = np.mgrid[: image.shape[0], : image.shape[1]]
                found.append([(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()])
            points = np.array(found)
            points = points[np.argsort(points[:, 0])]  # what lies to the left is 'left', mirrored or not
            yield points[None, None].astype(np.float32), np.full((1, 1, 2), 0.8, np.float32)


def dots() -> Image:
    image = np.zeros((80, 100, 3), np.uint8)
    y, x = np.mgrid[:80, :100]
    for channel, (px, py) in enumerate(PLACES):
        image[..., channel] = 250 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8)
    return image


def test_copies_are_mapped_back_and_mirrored_sides_exchanged() -> None:
    model = cast(PoseModel, cast(Any, DotFinder()))
    ((points, confidence, spread),) = predict_with_spread(model, iter([dots()]))
    np.testing.assert_allclose(points[0, 0], PLACES, atol=0.1)
    np.testing.assert_allclose(confidence, 0.8, atol=1e-3)
    assert spread.max() < 0.1


def test_an_animal_without_sides_is_not_mirrored() -> None:
    assert len(copies_of(100, 80, mirror=True)) == len(copies_of(100, 80, mirror=False)) + 1
    np.testing.assert_array_equal(copies_of(100, 80, mirror=True)[0], [[1, 0, 0], [0, 1, 0]])
