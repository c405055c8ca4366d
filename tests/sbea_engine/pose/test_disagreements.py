import numpy as np
import pytest

from sbea_engine.pose.disagreements import disagreements, in_order_of

ONE = [[0.0, 0.0], [10.0, 0.0]]
OTHER = [[50.0, 0.0], [60.0, 0.0]]
THIRD = [[0.0, 80.0], [10.0, 80.0]]
NOBODY = [[np.nan, np.nan]] * 2


def frame(*animals: list[list[float]]) -> np.ndarray:
    """(1, animal, keypoint, 2)."""
    return np.array([animals], dtype=np.float32)


def trust(*animals: float) -> np.ndarray:
    return np.repeat(np.array([animals], dtype=np.float32)[..., None], 2, axis=-1)


class TestInOrderOf:
    def test_frame_by_frame(self) -> None:
        reference = np.concatenate([frame(ONE, OTHER), frame(ONE, OTHER)])
        answer = np.concatenate([frame(OTHER, ONE), frame(ONE, OTHER)])
        points, confidence = in_order_of(
            reference, answer, np.concatenate([trust(0.2, 0.9), trust(0.3, 0.8)])
        )
        np.testing.assert_array_equal(points, reference)
        np.testing.assert_array_equal(confidence, np.concatenate([trust(0.9, 0.2), trust(0.3, 0.8)]))

    def test_more_places(self) -> None:
        points, _ = in_order_of(frame(ONE, OTHER), frame(THIRD, OTHER, ONE), trust(1, 1, 1))
        np.testing.assert_array_equal(points, frame(ONE, OTHER))

    @pytest.mark.parametrize(
        ("reference", "answer", "expected"),
        [
            ([NOBODY, NOBODY, ONE], [ONE], [NOBODY, NOBODY, ONE]),
            ([ONE, OTHER, THIRD], [THIRD, ONE], [ONE, NOBODY, THIRD]),
            ([NOBODY, OTHER], [NOBODY, ONE], [NOBODY, ONE]),
            ([NOBODY, NOBODY], [ONE], [NOBODY, NOBODY]),
        ],
    )
    def test_fewer_places_and_animals_that_were_not_found(
        self, reference: list[list[list[float]]], answer: list[list[list[float]]], expected: object
    ) -> None:
        """Who was found has a partner before who was not, and where each model found one, those are two."""
        points, confidence = in_order_of(frame(*reference), frame(*answer), trust(*[1.0] * len(answer)))
        np.testing.assert_array_equal(points[0], expected)
        np.testing.assert_array_equal(confidence, np.isfinite(points[..., 0]))

    def test_far_apart_the_nearest_are_still_paired(self) -> None:
        """Further apart than an animal is long."""
        near_one, near_other = (np.add(pose, [0, 25]).tolist() for pose in (ONE, OTHER))
        points, _ = in_order_of(frame(ONE, OTHER), frame(near_other, near_one), trust(1, 1))
        np.testing.assert_array_equal(points, frame(near_one, near_other))


def test_the_frame_of_the_largest_difference_comes_first() -> None:
    a = np.concatenate([frame(ONE)] * 3)
    b = a.copy()
    b[1, 0, 1] += (6, 8)
    b[2, 0, 0] += (3, 4)
    sure = np.ones(a.shape[:-1], np.float32)
    found = disagreements(np.array([5, 6, 7]), (a, sure), (b, sure), (("mouse",), ("nose", "tail")))
    assert [(f.index, f.keypoint, f.distance_px) for f in found] == [(6, "tail", 10), (7, "nose", 5)]
