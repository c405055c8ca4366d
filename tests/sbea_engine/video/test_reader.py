"""Frame exactness: whatever the container, codec and order of access, frame n shows the number n."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sbea_engine.data.labels import FrameSource
from sbea_engine.video import BadVideo, open_frames, read_source
from sbea_engine.video.video_file import RING_FRAMES, VideoReader
from tests.fixtures.barcode import barcode_picture, read_barcode, write_barcode_video
from tests.fixtures.videos import hide_first_frames, write_resizing_video

UNEVEN = list(itertools.accumulate(random.Random(5).choice([1, 1, 1, 2, 5]) for _ in range(50)))

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "every frame a key": ("mp4", {"gop": 1}),
    "gop 12": ("mp4", {}),
    "gop 12, B frames": ("mp4", {"b_frames": 3}),
    "gop 250, B frames": ("mp4", {"b_frames": 3, "gop": 250}),
    "open gop": ("mp4", {"b_frames": 3, "gop": 16, "open_gop": True}),
    "open gop, matroska": ("mkv", {"b_frames": 3, "gop": 16, "open_gop": True}),
    "open gop, transport stream": ("ts", {"b_frames": 3, "gop": 16, "open_gop": True}),
    "quicktime": ("mov", {"b_frames": 2}),
    "flash": ("flv", {"b_frames": 2}),
    "avi": ("avi", {}),
    "avi, B frames without times": ("avi", {"b_frames": 3}),
    "raw stream without times": ("h264", {"b_frames": 2}),
    "motion jpeg": ("avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "mpeg-4 part 2": ("avi", {"codec": "mpeg4", "b_frames": 2}),
    "mpeg-2": ("mpg", {"codec": "mpeg2video", "b_frames": 2}),
    "vp9": ("webm", {"codec": "libvpx-vp9"}),
    "h265, open gop": ("mp4", {"codec": "libx265", "b_frames": 3, "gop": 16, "open_gop": True}),
    "lossless, odd": ("mkv", {"codec": "ffv1", "width": 193, "height": 113}),
    "odd": ("mp4", {"pix_fmt": "yuv444p", "width": 193, "height": 113}),
    "grey": ("mp4", {"pix_fmt": "gray", "b_frames": 2}),
    "10 bits": ("mp4", {"pix_fmt": "yuv420p10le", "b_frames": 2}),
    "turned 90": ("mp4", {"rotation": 90, "b_frames": 2}),
    "turned 180": ("mp4", {"rotation": 180}),
    "turned 270": ("mp4", {"rotation": 270}),
    "uneven times": ("mp4", {"times": UNEVEN, "b_frames": 2}),
    "uneven times, matroska": ("mkv", {"times": UNEVEN, "b_frames": 2}),
    "late start": ("mp4", {"start": 7, "b_frames": 2}),
    "late start, transport stream": ("ts", {"start": 7, "b_frames": 2}),
}
COUNT = 50


@pytest.mark.parametrize("variant", VARIANTS)
def test_frame_n_shows_n(variant: str, tmp_path: Path) -> None:
    suffix, options = VARIANTS[variant]
    path = write_barcode_video(tmp_path / f"video.{suffix}", COUNT, **options)
    shuffled = random.Random(variant).choices(range(COUNT), k=40)
    with open_frames(path) as reader:
        info = reader.info
        assert info.frame_count == COUNT
        assert (info.width, info.height) == (options.get("width", 192), options.get("height", 112))
        assert [read_barcode(reader.read(n)) for n in shuffled] == shuffled
        backwards = list(range(COUNT - 1, -1, -1))
        assert [read_barcode(reader.read(n)) for n in backwards] == backwards
        assert [(n, read_barcode(f)) for n, f in reader.iterate()] == [(n, n) for n in range(COUNT)]
        assert [read_barcode(f) for _, f in reader.iterate(3, 40, 9)] == list(range(3, 40, 9))


@pytest.mark.parametrize("gop", [10, 25])
def test_an_open_group_that_forgets_what_was_before_it(
    gop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first frames refer to pictures before it. That is no damage, and no reason to start at frame 0."""
    path = write_barcode_video(tmp_path / "v.mp4", 300, gop=gop, b_frames=3, open_gop=True)
    wanted = random.Random(gop).sample(range(300), k=60)
    with open_frames(path) as reader:
        starts = _count_calls(monkeypatch, VideoReader, "_restart")
        sought = {n: reader.read(n) for n in wanted}
        assert len(starts) < 3
    with open_frames(path) as reader:
        for n, frame in reader.iterate():
            assert read_barcode(frame) == n
            assert n not in sought or np.array_equal(sought[n], frame)


def _count_calls(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[None]:
    """A list that grows by one with each call of a method, which goes on doing what it did."""
    calls: list[None] = []
    real = getattr(owner, name)

    def counted(*args: Any, **more: Any) -> Any:
        calls.append(None)
        return real(*args, **more)

    monkeypatch.setattr(owner, name, counted)
    return calls


@pytest.mark.parametrize("variant", ["gop 12, B frames", "open gop", "turned 90", "turned 270", "late start"])
def test_same_numbering_as_opencv(variant: str, tmp_path: Path) -> None:
    """Labels made by tools that read with OpenCV must mean the same frame here, and lie the same way."""
    import cv2

    suffix, options = VARIANTS[variant]
    path = write_barcode_video(tmp_path / f"video.{suffix}", COUNT, **options)
    capture = cv2.VideoCapture(str(path))
    with open_frames(path) as reader:
        for _, frame in reader.iterate():
            there, bgr = capture.read()
            assert there
            assert np.abs(frame.astype(int) - bgr[..., ::-1]).mean() < 2.0
        assert not capture.read()[0]
    capture.release()


def test_pixels_are_those_of_the_picture(tmp_path: Path) -> None:
    path = write_barcode_video(tmp_path / "video.mkv", 4, codec="ffv1", pix_fmt="bgr0")
    with open_frames(path) as reader:
        frame = reader.read(2)
        assert (frame.dtype.name, frame.flags.c_contiguous, frame.flags.writeable) == ("uint8", True, True)
        np.testing.assert_array_equal(frame, barcode_picture(2, 192, 112))


def test_frames_hidden_by_an_edit_list_do_not_count(tmp_path: Path) -> None:
    path = hide_first_frames(write_barcode_video(tmp_path / "video.mp4", 40, b_frames=2), 5)
    with open_frames(path) as reader:
        assert reader.info.frame_count == 35
        for n in (0, 34, 3, 20, 1):
            assert read_barcode(reader.read(n)) == n + 5


class TestFramesInfo:
    def test_constant_rate(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "video.mkv", 40, fps=29.97)
        with open_frames(path) as reader:
            info = reader.info
        assert info.fps == pytest.approx(29.97, abs=0.01)
        assert (info.variable_rate, info.codec, info.kind, info.names) == (False, "h264", "video", None)

    def test_one_dropped_frame_makes_the_rate_variable(self, tmp_path: Path) -> None:
        times = [n + (n > 20) for n in range(40)]
        with open_frames(write_barcode_video(tmp_path / "video.mp4", 40, times=times)) as reader:
            assert reader.info.variable_rate
            assert reader.info.fps == pytest.approx(30 * 39 / 40)

    @pytest.mark.parametrize("rotation", [0, 90, 180, 270])
    def test_rotation(self, rotation: int, tmp_path: Path) -> None:
        with open_frames(write_barcode_video(tmp_path / "video.mp4", 2, rotation=rotation)) as reader:
            assert reader.info.rotation == rotation
            assert reader.read(1).shape == (112, 192, 3)

    def test_single_frame(self, tmp_path: Path) -> None:
        with open_frames(write_barcode_video(tmp_path / "video.mp4", 1)) as reader:
            assert [read_barcode(f) for _, f in reader.iterate()] == [0]
            assert (reader.info.frame_count, reader.info.fps) == (1, 30.0)


class TestAccess:
    @pytest.mark.parametrize("index", [-1, 20, 10**9])
    def test_frame_beyond_the_ends_is_named(self, index: int, tmp_path: Path) -> None:
        with (
            open_frames(write_barcode_video(tmp_path / "video.mp4", 20)) as reader,
            pytest.raises(
                BadVideo, match=rf"video.mp4: has no frame {index}; its frames are 0 to 19"
            ) as error,
        ):
            reader.read(index)
        assert error.value.data["frame"] == index

    @pytest.mark.parametrize(("codec", "pix_fmt"), [("libx264", "yuv420p"), ("png", "rgb24")])
    def test_caller_owns_what_it_gets(self, codec: str, pix_fmt: str, tmp_path: Path) -> None:
        video = write_barcode_video(tmp_path / "video.mov", 5, codec=codec, pix_fmt=pix_fmt)
        with open_frames(video) as reader:
            reader.read(3)[:] = 0
            assert read_barcode(reader.read(3)) == 3

    def test_stepping_back_does_not_decode_again(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "video.mp4", 60, gop=250)
        with VideoReader(path) as reader:
            reader.read(50)
            position = reader._packet
            for n in range(50, 50 - RING_FRAMES, -1):
                assert read_barcode(reader.read(n)) == n
            assert reader._packet == position

    def test_reading_on_does_not_seek(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write_barcode_video(tmp_path / "video.mp4", 40, gop=12)
        with VideoReader(path) as reader:
            monkeypatch.setattr(reader, "_seek", lambda _: pytest.fail("sought"))
            assert [read_barcode(f) for _, f in reader.iterate()] == list(range(40))

    def test_read_source(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "video.mp4", 9)
        assert read_barcode(read_source(FrameSource(video="v", index=7, path=path))) == 7


class TestDistrust:
    """The checks that stand between a decoder's surprises and a wrong frame."""

    def test_more_pictures_than_packets(self, tmp_path: Path) -> None:
        from dataclasses import replace

        path = write_barcode_video(tmp_path / "video.mp4", 20)
        with VideoReader(path) as reader:
            reader.index = replace(reader.index, pts=reader.index.pts[:-1])
            with pytest.raises(BadVideo, match="more frames than the 19 packets"):
                list(reader.iterate())

    def test_fewer_pictures_than_packets(self, tmp_path: Path) -> None:
        """A recording that begins between key frames: the decoder drops what it cannot build."""
        data = write_barcode_video(tmp_path / "whole.ts", 40, gop=20).read_bytes()
        path = tmp_path / "cut.ts"
        path.write_bytes(data[len(data) // 188 // 4 * 188 :])
        with pytest.raises(BadVideo, match=r"cut.ts: frame 0 "):
            open_frames(path)

    def test_size_changes_midway(self, tmp_path: Path) -> None:
        with (
            open_frames(write_resizing_video(tmp_path / "video.h264")) as reader,
            pytest.raises(BadVideo, match=r"frame 5 is 208 x 128 pixels, the frames before it 192 x 112"),
        ):
            list(reader.iterate())

    def test_file_replaced_while_open(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "video.h264", 40)
        other = write_barcode_video(tmp_path / "other.h264", 40, width=256, height=160)
        with open_frames(path) as reader:
            reader.read(39)
            other.replace(path)
            with pytest.raises(BadVideo, match="the file is being written"):
                reader.read(5)
