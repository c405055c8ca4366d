import numpy as np
import pytest

from sbea_engine.pose.matching import match_to_truth, pose_costs, told_twice

ONE = [[0.0, 0.0], [10.0, 0.0]]
OTHER = [[50.0, 0.0], [60.0, 0.0]]
THIRD = [[0.0, 80.0], [10.0, 80.0]]
NOBODY = [[np.nan, np.nan]] * 2


def frame(*animals: list[list[float]]) -> np.ndarray:
    """(1, animal, keypoint, 2)."""
    return np.array([animals], dtype=np.float32)


def trust(*animals: float) -> np.ndarray:
    return np.repeat(np.array([animals], dtype=np.float32)[..., None], 2, axis=-1)


class TestMatchToTruth:
    def test_the_order_of_the_answers_does_not_matter(self) -> None:
        points, confidence = match_to_truth(frame(ONE, OTHER), frame(OTHER, ONE), trust(0.2, 0.9))
        np.testing.assert_array_equal(points, frame(ONE, OTHER))
        np.testing.assert_array_equal(confidence, trust(0.9, 0.2))

    def test_frame_by_frame(self) -> None:
        truth = np.concatenate([frame(ONE, OTHER), frame(ONE, OTHER)])
        answer = np.concatenate([frame(OTHER, ONE), frame(ONE, OTHER)])
        points, _ = match_to_truth(truth, answer, np.ones((2, 2, 2), np.float32))
        np.testing.assert_array_equal(points, truth)

    def test_one_keypoint_far_away_decides_nothing(self) -> None:
        astray = [[0.0, 0.0], [10_000.0, 0.0]]
        points, _ = match_to_truth(frame(ONE, OTHER), frame(OTHER, astray), trust(1, 1))
        np.testing.assert_array_equal(points, frame(astray, OTHER))

    def test_an_animal_that_was_not_found(self) -> None:
        points, confidence = match_to_truth(frame(ONE, OTHER), frame(OTHER, NOBODY), trust(0.7, 0))
        np.testing.assert_array_equal(points, frame(NOBODY, OTHER))
        np.testing.assert_array_equal(confidence, trust(0, 0.7))

    def test_fewer_answers_than_labels_and_more(self) -> None:
        points, confidence = match_to_truth(frame(ONE, OTHER), frame(OTHER), trust(0.7))
        np.testing.assert_array_equal(points, frame(NOBODY, OTHER))
        np.testing.assert_array_equal(confidence, trust(0, 0.7))
        points, _ = match_to_truth(frame(ONE, OTHER), frame(THIRD, OTHER, ONE), trust(1, 1, 1))
        np.testing.assert_array_equal(points, frame(ONE, OTHER))

    def test_an_unlabelled_individual_takes_what_is_left(self) -> None:
        points, _ = match_to_truth(frame(NOBODY, OTHER), frame(OTHER, ONE), trust(1, 1))
        np.testing.assert_array_equal(points, frame(ONE, OTHER))

    def test_an_unlabelled_individual_takes_nothing_from_a_labelled_one(self) -> None:
        points, confidence = match_to_truth(frame(NOBODY, ONE), frame(ONE), trust(0.7))
        np.testing.assert_array_equal(points, frame(NOBODY, ONE))
        np.testing.assert_array_equal(confidence, trust(0, 0.7))

    def test_single_keypoints(self) -> None:
        truth = np.array([[[[0.0, 0.0]], [[9.0, 0.0]]]], dtype=np.float32)
        points, _ = match_to_truth(truth, truth[:, ::-1], np.ones((1, 2, 1), np.float32))
        np.testing.assert_array_equal(points, truth)


class TestToldTwice:
    @pytest.mark.parametrize(
        ("answer", "twice"),
        [
            (frame(ONE, OTHER), False),
            (frame(OTHER, ONE), False),
            (frame(ONE, [[1.0, 1.0], [12.0, 0.0]]), True),
            (frame(ONE, NOBODY), False),
            (frame([ONE[0], NOBODY[0]], [NOBODY[0], ONE[1]]), True),  # two halves of one animal
        ],
    )
    def test_two_answers_nearest_to_one_animal(self, answer: np.ndarray, twice: bool) -> None:
        assert told_twice(frame(ONE, OTHER), answer).tolist() == [twice]

    def test_a_frame_without_labels_tells_nothing(self) -> None:
        assert told_twice(frame(NOBODY, NOBODY), frame(ONE, ONE)).tolist() == [False]


def test_costs_are_means_over_placed_keypoints_with_a_bound() -> None:
    moved = [[3.0, 4.0], [10.0, 0.0]]
    cost = pose_costs(frame(ONE, OTHER)[0], frame(moved, NOBODY)[0])
    np.testing.assert_allclose(cost, np.array([[2.5, 10.0], [10.0, 10.0]]))
