"""Paired comparison against figures by hand, known differences, and the plain bootstrap as a baseline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.pose.comparison import MIN_BLOCKS, NotComparable, compare, time_blocks
from sbea_engine.pose.heldout import HeldOut, HeldOutFrame


def frames(indices: Sequence[int], video: str = "v") -> tuple[HeldOutFrame, ...]:
    return tuple(HeldOutFrame(video=video, index=i, moment=(video, i)) for i in indices)


def held_out(
    where: tuple[HeldOutFrame, ...],
    distance: NDArray[np.float64],
    *,
    individuals: tuple[str, ...] = ("mouse",),
    labels: NDArray[np.float64] | None = None,
) -> HeldOut:
    """Answers that are `distance` (frame, individual, keypoint) to the right of their labels."""
    shape = distance.shape
    labels = np.full((*shape, 2), 50.0) if labels is None else labels
    return HeldOut(
        keypoints=tuple(f"k{k}" for k in range(shape[2])),
        individuals=individuals,
        frames=where,
        labels_px=labels,
        points_px=labels + np.stack([distance, np.zeros(shape)], axis=-1),
        confidence=np.full(shape, 0.9),
        total=shape[0],
    )


class TestByHand:
    def test_only_frames_of_both_count(self) -> None:
        first = held_out(frames([1, 2, 3]), np.array([[[9.0, 9.0]], [[1.0, 2.0]], [[3.0, 4.0]]]))
        second = held_out(frames([2, 3, 4]), np.array([[[2.0, 2.0]], [[3.0, 1.0]], [[7.0, 7.0]]]))
        found = compare(first, second)
        assert found.overall.n == 4
        assert found.overall.first_px == pytest.approx(2.5)
        assert found.overall.second_px == pytest.approx(2.0)
        assert found.overall.difference_px == pytest.approx(-0.5)
        assert found.by_keypoint["k0"].difference_px == pytest.approx(0.5)
        assert found.by_keypoint["k1"].difference_px == pytest.approx(-1.5)
        assert [(f.frame.index, f.first_row, f.second_row) for f in found.frames] == [(3, 2, 1), (2, 1, 0)]
        assert found.frames[0].difference_px == pytest.approx(-1.5)

    def test_two_frames_give_no_interval(self) -> None:
        one = held_out(frames([1, 2]), np.ones((2, 1, 1)))
        found = compare(one, held_out(frames([1, 2]), np.full((2, 1, 1), 2.0)))
        assert (found.overall.low_px, found.overall.high_px) == (None, None)
        assert found.overall.difference_px == pytest.approx(1.0)

    def test_where_one_has_no_answer_it_is_counted_and_not_averaged(self) -> None:
        gap = np.array([[[1.0]], [[np.nan]], [[3.0]]])
        found = compare(
            held_out(frames([1, 2, 3]), gap), held_out(frames([1, 2, 3]), np.full((3, 1, 1), 5.0))
        )
        assert (found.overall.n, found.overall.first_missing, found.overall.second_missing) == (2, 1, 0)
        assert found.overall.difference_px == pytest.approx(3.0)

    def test_labels_of_the_second_measure_both(self) -> None:
        old, new = np.full((1, 1, 1, 2), 50.0), np.full((1, 1, 1, 2), 50.0)
        new[..., 0] = 60.0  # corrected by 10 px to the right
        first = held_out(frames([1]), np.array([[[10.0]]]), labels=old)  # answers 60
        second = held_out(frames([1]), np.array([[[0.0]]]), labels=new)  # answers 60
        found = compare(first, second)
        assert (found.overall.first_px, found.overall.second_px) == (0.0, 0.0)
        assert found.labels_changed == 1

    def test_individuals_are_paired_by_name(self) -> None:
        a = held_out(frames([1]), np.array([[[1.0], [2.0]]]), individuals=("black", "white"))
        b = held_out(frames([1]), np.array([[[2.0], [1.0]]]), individuals=("white", "black"))
        assert compare(a, b).overall.difference_px == pytest.approx(0.0)
        assert compare(a, b).frames[0].difference_px == pytest.approx(0.0)
        c = held_out(frames([1]), np.array([[[5.0], [1.0]]]), individuals=("grey", "black"))
        assert compare(a, c).overall.n == 1
        assert compare(a, c).overall.difference_px == pytest.approx(0.0)


class TestRefusals:
    def test_nothing_in_common(self) -> None:
        one = held_out(frames([1]), np.ones((1, 1, 1)))
        with pytest.raises(NotComparable, match="No frame was held out from both"):
            compare(one, held_out(frames([2]), np.ones((1, 1, 1))))

    def test_other_keypoints(self) -> None:
        with pytest.raises(NotComparable, match="same skeleton"):
            compare(
                held_out(frames([1]), np.ones((1, 1, 1))),
                held_out(frames([1]), np.ones((1, 1, 2))),
            )

    def test_other_animals(self) -> None:
        pair = np.ones((1, 2, 1))
        with pytest.raises(NotComparable, match="same animals"):
            compare(
                held_out(frames([1]), pair, individuals=("a", "b")),
                held_out(frames([1]), pair, individuals=("c", "d")),
            )

    def test_no_label_on_the_common_frames(self) -> None:
        nothing = held_out(frames([1]), np.ones((1, 1, 1)), labels=np.full((1, 1, 1, 2), np.nan))
        with pytest.raises(NotComparable, match="No label"):
            compare(nothing, nothing)


class TestBlocks:
    def test_views_of_a_moment_share_a_block_and_recordings_do_not(self) -> None:
        where = tuple(
            HeldOutFrame(video=f"{recording}/{view}", index=t, moment=(recording, t))
            for recording in ("r", "s")
            for view in ("top", "side")
            for t in range(6)
        )
        block = time_blocks(where)  # 12 moments: 2 a block
        by_moment = {(f.video, f.moment): b for f, b in zip(where, block, strict=True)}
        for recording in ("r", "s"):
            for t in range(6):
                assert (
                    by_moment[f"{recording}/top", (recording, t)]
                    == by_moment[f"{recording}/side", (recording, t)]
                )
        assert block.max() + 1 == 6
        assert set(block[:12]).isdisjoint(block[12:])


def correlated(rng: np.random.Generator, n: int, rho: float) -> NDArray[np.float64]:
    """(n,) standard normal noise, each like the one before it by rho."""
    noise = rng.normal(size=n)
    for i in range(1, n):
        noise[i] = rho * noise[i - 1] + np.sqrt(1 - rho**2) * noise[i]
    return noise


class TestInterval:
    def test_holds_a_known_difference_and_better_than_single_frames_do(self) -> None:
        """The difference is 0.3 px; errors on neighbouring frames are alike, as in a video."""
        where, truth, held, held_by_frames = frames(range(120)), 0.3, 0, 0
        for seed in range(150):
            rng = np.random.default_rng(seed)
            first = np.full(120, 5.0)
            second = 5.0 + truth + correlated(rng, 120, 0.5)
            found = compare(
                held_out(where, first[:, None, None]),
                held_out(where, second[:, None, None]),
                seed=seed,
                resamples=500,
            ).overall
            assert found.low_px is not None
            assert found.high_px is not None
            held += found.low_px <= truth <= found.high_px
            means = (second - first)[rng.integers(0, 120, (500, 120))].mean(axis=1)
            low, high = np.quantile(means, [0.025, 0.975])
            held_by_frames += low <= truth <= high
        assert held / 150 >= 0.84
        assert held > held_by_frames + 10

    @pytest.mark.parametrize("n", [10, 20])
    def test_holds_with_few_frames_too(self, n: int) -> None:
        held = 0
        for seed in range(120):
            off = np.random.default_rng(seed).gamma(2, 1, (2, n, 1, 1))
            found = compare(
                held_out(frames(range(n)), off[0]),
                held_out(frames(range(n)), off[1]),
                seed=seed,
                resamples=400,
            ).overall
            assert found.low_px is not None
            assert found.high_px is not None
            held += found.low_px <= 0 <= found.high_px
        assert held / 120 >= 0.88

    def test_the_same_seed_gives_the_same_interval(self) -> None:
        rng = np.random.default_rng(0)
        a, b = (held_out(frames(range(40)), rng.gamma(2, 1, (40, 1, 3))) for _ in range(2))
        assert compare(a, b, seed=4).by_keypoint == compare(a, b, seed=4).by_keypoint
        assert compare(a, b, seed=4).blocks >= MIN_BLOCKS

    def test_a_keypoint_on_few_blocks_has_none(self) -> None:
        distance = np.ones((60, 1, 2))
        labels = np.full((60, 1, 2, 2), 50.0)
        labels[4:, :, 1] = np.nan
        one = held_out(frames(range(60)), distance, labels=labels)
        found = compare(one, held_out(frames(range(60)), distance + 1, labels=labels))
        assert found.by_keypoint["k0"].low_px == pytest.approx(1.0)
        assert found.by_keypoint["k1"].low_px is None
        assert found.by_keypoint["k1"].n == 4
