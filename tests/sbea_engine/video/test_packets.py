from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sbea_engine.video.packets import PacketIndex


def index(
    pts: list[int], keys: list[int] | None = None, time_base: Fraction = Fraction(1, 1000)
) -> PacketIndex:
    stamps = np.array(pts, np.int64)
    return PacketIndex(
        timed=True,
        pts=stamps,
        sizes=np.ones_like(stamps),
        decode_pts=stamps,
        keys=np.array([0] if keys is None else keys),
        time_base=time_base,
    )


class TestRate:
    def test_rounding_to_milliseconds_is_no_variation(self) -> None:
        fps, variable = index([round(1000 * n / 29.97) for n in range(500)]).rate()
        assert fps == pytest.approx(29.97, rel=1e-4)
        assert not variable

    def test_jitter_of_a_camera_clock_is_no_variation(self) -> None:
        jitter = np.random.default_rng(0).integers(-90, 90, 300)
        pts = (np.arange(300) * 3000 + jitter).tolist()
        assert not index(pts, time_base=Fraction(1, 90_000)).rate()[1]

    def test_dropped_frame(self) -> None:
        assert index([40 * n for n in range(100) if n != 57]).rate()[1]

    def test_rate_that_drifts(self) -> None:
        steps = np.repeat([3000, 3300], 150)  # no step is far from the median, the sum is
        assert index(np.cumsum(steps).tolist(), time_base=Fraction(1, 90_000)).rate()[1]

    def test_one_frame_has_no_rate(self) -> None:
        assert index([0]).rate() == (None, False)


class TestLookUp:
    def test_frame_at(self) -> None:
        at = index([10, 20, 35]).frame_at
        assert [at(p) for p in (10, 35, 0, 11, 36, None)] == [0, 2, None, None, None, None]

    def test_key_before(self) -> None:
        before = index(list(range(30)), keys=[4, 12, 24]).key_before
        assert [before(n) for n in (0, 3, 4, 11, 12, 29)] == [0, 0, 4, 4, 12, 24]
