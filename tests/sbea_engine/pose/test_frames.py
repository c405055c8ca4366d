"""Frames of labels are read whole, each file opened once, whatever the order of the labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbea_engine.data import FrameSource
from sbea_engine.errors import BadInput
from sbea_engine.pose import frames as frames_module
from sbea_engine.pose.frames import check_frames, read_frames, reading_order
from sbea_engine.progress import Progress
from sbea_engine.video import BadVideo, FrameReader, open_frames
from tests.fixtures.barcode import read_barcode, write_barcode_video
from tests.fixtures.videos import damage_packet

WANTED = (17, 3, 29, 3 + 12)


@pytest.fixture
def sources(tmp_path: Path) -> list[FrameSource]:
    """Frames of two videos, mixed and out of order."""
    a, b = (write_barcode_video(tmp_path / f"{name}.mp4", 30) for name in "ab")
    return [FrameSource(video=f.stem, index=i, path=f) for i in WANTED for f in (b, a)]


def test_order_is_by_file_then_by_frame(sources: list[FrameSource]) -> None:
    got = [(sources[row].video, sources[row].index) for row in reading_order(sources)]
    assert got == [(video, index) for video in "ba" for index in sorted(WANTED)]


def test_every_row_gets_its_frame_from_one_opening_a_file(
    sources: list[FrameSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counted(path: Path) -> FrameReader:
        opened.append(path)
        return open_frames(path)

    monkeypatch.setattr(frames_module, "open_frames", counted)
    got = {row: read_barcode(pixels) for row, pixels in read_frames(sources)}
    assert got == {row: source.index for row, source in enumerate(sources)}
    assert sorted(path.stem for path in opened) == ["a", "b"]


def test_a_frame_beyond_the_end_is_named(sources: list[FrameSource]) -> None:
    beyond = FrameSource(video="a", index=30, path=sources[1].path)
    with pytest.raises(BadInput, match=r"a\.mp4: frame 30 is labelled, but the video has 30 frames"):
        list(read_frames([*sources, beyond]))


def test_damage_is_found_by_checking(sources: list[FrameSource]) -> None:
    reports: list[Progress] = []
    check_frames(sources, on_progress=reports.append)
    assert [r.done for r in reports] == list(range(1, 9))
    damage_packet(sources[0].path, 29)
    with pytest.raises(BadVideo, match=r"b\.mp4: frame 29 is damaged"):
        check_frames(sources)
