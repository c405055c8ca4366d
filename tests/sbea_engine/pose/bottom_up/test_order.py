import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.bottom_up.order import Places, surest_first


def walk(frames: int = 30) -> NDArray[np.float32]:
    """(frame, 2, 2, 2): two animals that pass each other 12 px apart, 3 px a frame."""
    t = np.arange(frames, dtype=np.float32)
    heads = np.stack([np.stack([3 * t, 0 * t], -1), np.stack([87 - 3 * t, 0 * t + 12], -1)], axis=1)
    return np.stack([heads, heads + np.array([0, 4], np.float32)], axis=2)


def shuffled(points: NDArray[np.float32]) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return np.stack([frame[rng.permutation(len(frame))] for frame in points])


def trust(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.isfinite(points[..., 0]).astype(np.float32)


class TestPlaces:
    def test_animals_keep_their_places(self) -> None:
        truth = walk()
        mixed = shuffled(truth)
        assert not np.array_equal(mixed, truth)
        points, _ = Places()(mixed, trust(mixed))
        expected = truth if np.array_equal(points[0], truth[0]) else truth[:, ::-1]
        np.testing.assert_array_equal(points, expected)

    def test_pieces_of_a_stream_go_on(self) -> None:
        mixed = shuffled(walk())
        whole, _ = Places()(mixed, trust(mixed))
        places = Places()
        parts = [places(mixed[a : a + 7], trust(mixed[a : a + 7]))[0] for a in range(0, 30, 7)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)

    def test_a_place_waits_for_its_animal(self) -> None:
        points = walk(6)
        points[2:4, 0] = np.nan
        points[4:] = points[4:, ::-1]
        out, confidence = Places()(points, trust(points))
        np.testing.assert_array_equal(out[[0, 1, 4, 5]], walk(6)[[0, 1, 4, 5]])
        assert np.isnan(out[2:4, 0]).all()
        assert (confidence[2:4, 0] == 0).all()
        assert (confidence[2:4, 1] == 1).all()

    def test_a_newcomer_takes_the_place_that_nobody_had(self) -> None:
        points = walk(3)
        points[0, 1] = np.nan
        points[1:] = points[1:, ::-1]
        out, _ = Places()(points, trust(points))
        np.testing.assert_array_equal(out[1:], walk(3)[1:])

    def test_parts_that_are_never_seen_together_are_compared_by_their_middles(self) -> None:
        points = walk(2)
        points[0, :, 1], points[1, :, 0] = np.nan, np.nan
        points[1] = points[1, ::-1]
        out, _ = Places()(points, trust(points))
        np.testing.assert_array_equal(out[1, :, 1], walk(2)[1, :, 1])

    def test_the_input_is_left_alone(self) -> None:
        mixed = shuffled(walk())
        before = mixed.copy()
        Places()(mixed, trust(mixed))
        np.testing.assert_array_equal(mixed, before)


def test_surest_first() -> None:
    points = walk(2)
    confidence = np.array([[[0.2, 0.4], [0.9, 0.8]], [[0.5, 0.5], [0.1, 0.2]]], dtype=np.float32)
    out, trusted = surest_first(points, confidence)
    np.testing.assert_array_equal(out[0], points[0, ::-1])
    np.testing.assert_array_equal(out[1], points[1])
    np.testing.assert_array_equal(trusted[0], confidence[0, ::-1])
