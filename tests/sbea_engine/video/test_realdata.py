"""Recordings as labs make them, where they lie beside the project."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.video import decode_frame, load_proxy, make_proxy, open_frames, suggest_frames

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
LABELLED = DATA / "openfield" / "openfield-Pranav-2018-10-30" / "labeled-data" / "m4s1"
FLIES = DATA / "sleap_fly" / "clip.mp4"
MOUSE = DATA / "sleap_anipose" / "back" / "minimal_back.mp4"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there"),
]


def test_labelled_images(tmp_path: Path) -> None:
    info = make_proxy(LABELLED, tmp_path / "proxy")
    assert (info.frame_count, info.width, info.height) == (116, 640, 480)
    assert info.source.names is not None
    assert (info.source.names[0], info.source.names[-1]) == ("img0000.png", "img0115.png")
    with open_frames(LABELLED) as reader:
        for n in (0, 57, 115):
            assert np.abs(decode_frame(tmp_path / "proxy", n).astype(int) - reader.read(n)).mean() < 4


def test_suggested_images_differ() -> None:
    chosen = [s.index for s in suggest_frames(LABELLED, 10, seed=0)]
    assert len(chosen) == 10
    assert max(chosen) - min(chosen) > 58


def test_same_frames_as_opencv_reads(tmp_path: Path) -> None:
    import cv2

    capture = cv2.VideoCapture(str(MOUSE))
    with open_frames(MOUSE) as reader:
        assert reader.info.frame_count == 120
        for _, frame in reader.iterate():
            there, bgr = capture.read()
            assert there
            assert np.abs(frame.astype(int) - bgr[..., ::-1]).mean() < 2
        assert not capture.read()[0]
    capture.release()


def test_random_access_equals_reading_through() -> None:
    wanted = sorted(random.Random(0).sample(range(1500), 12))
    with open_frames(FLIES) as reader:
        assert reader.info.frame_count == 1500
        alone = {n: reader.read(n) for n in random.Random(1).sample(wanted, len(wanted))}
    with open_frames(FLIES) as reader:
        for n in wanted:
            np.testing.assert_array_equal(reader.read(n), alone[n])


@pytest.mark.slow
def test_whole_recording(tmp_path: Path) -> None:
    make_proxy(FLIES, tmp_path / "proxy")
    assert load_proxy(tmp_path / "proxy").frame_count == 1500
    with open_frames(FLIES) as reader:
        for n in random.Random(2).sample(range(1500), 10):
            assert np.abs(decode_frame(tmp_path / "proxy", n).astype(int) - reader.read(n)).mean() < 3
