import numpy as np
import pytest

from sbea_engine.nn.augmentation import AugmentationConfig, random_clip, random_view

PLAIN = AugmentationConfig(
    elsewhere=0, gamma=0, contrast=0, brightness=0, blur=0, motion_blur=0, noise=0, cover=0
)
SWAP = np.array([1, 0, 2], dtype=np.intp)
KEEP = np.arange(3, dtype=np.intp)
POINTS = np.array([[40, 30], [52, 44], [np.nan, np.nan]], dtype=np.float32)


def dots() -> np.ndarray:
    """Point 0 is bright, point 1 is dim, on black."""
    y, x = np.mgrid[0:80, 0:100]
    image = np.zeros((80, 100))
    for (px, py), height in zip(POINTS[:2], (250, 120), strict=True):
        image += height * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 2.0**2))
    return image.clip(0, 255).astype(np.uint8)


def at(image: np.ndarray, point: np.ndarray) -> int:
    return int(image[round(float(point[1])), round(float(point[0]))])


class TestRandomView:
    @pytest.mark.parametrize("seed", range(20))
    def test_points_move_with_the_pixels(self, seed: int) -> None:
        view, points, order = random_view(
            dots(), POINTS, 96, PLAIN, np.random.default_rng(seed), flip_index=KEEP
        )
        inside = np.asarray(((points > 2) & (points < 93)).all(axis=-1))
        assert order.tolist() == [0, 1, 2]
        assert np.isnan(points[2]).all()
        assert not inside[0] or at(view, points[0]) > 180
        assert not inside[1] or 80 < at(view, points[1]) < 140

    def test_a_mirrored_view_swaps_left_and_right(self) -> None:
        config = AugmentationConfig(
            **{**{f: getattr(PLAIN, f) for f in PLAIN.__slots__}, "flip": True, "shift": 0.0}
        )
        swapped = 0
        for seed in range(20):
            view, points, order = random_view(
                dots(), POINTS, 96, config, np.random.default_rng(seed), flip_index=SWAP
            )
            bright, dim = (1, 0) if order[0] == 1 else (0, 1)
            swapped += order[0] == 1
            assert at(view, points[bright]) > 180
            assert at(view, points[dim]) < 140
        assert 4 <= swapped <= 16

    def test_without_flip_nothing_is_mirrored(self) -> None:
        for seed in range(10):
            _, points, order = random_view(
                dots(), POINTS, 96, PLAIN, np.random.default_rng(seed), flip_index=SWAP
            )
            assert order.tolist() == [0, 1, 2]
            assert np.isfinite(points[:2]).all()

    def test_same_generator_same_view(self) -> None:
        first, second = (
            random_view(dots(), POINTS, 64, AugmentationConfig(), np.random.default_rng(5), flip_index=KEEP)
            for _ in range(2)
        )
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])

    def test_the_original_is_left_alone(self) -> None:
        image = dots()
        before = image.copy()
        config = AugmentationConfig(cover=1, blur=1, motion_blur=1, noise=1)
        random_view(image, POINTS, 64, config, np.random.default_rng(0), flip_index=KEEP)
        np.testing.assert_array_equal(image, before)

    def test_colour_stays_colour(self) -> None:
        config = AugmentationConfig(cover=1, blur=1, motion_blur=1, noise=1)
        image = np.repeat(dots()[..., None], 3, axis=-1)
        view, _, _ = random_view(image, POINTS, 64, config, np.random.default_rng(0), flip_index=KEEP)
        assert view.shape == (64, 64, 3)
        assert view.dtype == np.uint8

    def test_a_frame_without_points_still_gives_a_view(self) -> None:
        nothing = np.full((3, 2), np.nan, dtype=np.float32)
        view, points, _ = random_view(
            dots(), nothing, 64, AugmentationConfig(), np.random.default_rng(0), flip_index=KEEP
        )
        assert view.shape == (64, 64)
        assert np.isnan(points).all()


class TestRandomClip:
    @pytest.mark.parametrize("seed", range(8))
    def test_all_frames_are_seen_from_one_place(self, seed: int) -> None:
        frames = [dots(), dots(), dots()]
        rng = np.random.default_rng(seed)
        clip, points, _ = random_clip(frames, POINTS, 96, PLAIN, rng, flip_index=KEEP)
        view, alone, _ = random_view(dots(), POINTS, 96, PLAIN, np.random.default_rng(seed), flip_index=KEEP)
        np.testing.assert_array_equal(points, alone)
        for one in clip:
            np.testing.assert_array_equal(one, view)

    def test_noise_is_of_each_frame(self) -> None:
        config = AugmentationConfig(noise=1.0, cover=0, blur=0, motion_blur=0)
        clip, _, _ = random_clip(
            [dots(), dots()], POINTS, 96, config, np.random.default_rng(1), flip_index=KEEP
        )
        assert (clip[0] != clip[1]).mean() > 0.3
        assert np.abs(clip[0].mean() - clip[1].mean()) < 1, "the light is the same"
