from __future__ import annotations

from pathlib import Path

import pytest

from sbea_engine.video import probe
from sbea_engine.video.fingerprint import fingerprint
from tests.fixtures.barcode import write_barcode_video


def test_plain_video_needs_no_warning(tmp_path: Path) -> None:
    path = write_barcode_video(tmp_path / "v.mp4", 10)
    found = probe(path)
    assert (found.path, found.warnings, found.size_bytes) == (path, (), path.stat().st_size)
    assert (found.info.frame_count, found.info.codec) == (10, "h264")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("v.mp4", {"times": [0, 1, 2, 3, 7, 8, 9, 10, 11, 12]}, "frame rate varies"),
        ("v.h264", {}, "no usable time stamps"),
        ("v.mp4", {"fps": 500}, "500 frames per second"),
        ("v.mp4", {"pix_fmt": "yuv420p10le"}, "10 bits"),
        ("v.mkv", {"codec": "ffv1", "width": 193}, "odd"),
    ],
)
def test_warnings(name: str, options: dict[str, object], words: str, tmp_path: Path) -> None:
    found = probe(write_barcode_video(tmp_path / name, 10, **options))  # type: ignore[arg-type]
    assert len(found.warnings) == 1
    assert words in found.warnings[0]


class TestFingerprint:
    def test_does_not_depend_on_the_name(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"same")
        (tmp_path / "b").write_bytes(b"same")
        assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")

    @pytest.mark.parametrize("place", [0, 2_500_000, 4_999_999])
    def test_sees_a_change_at_start_middle_and_end(self, place: int, tmp_path: Path) -> None:
        data = bytearray(5_000_000)
        (tmp_path / "a").write_bytes(data)
        before = fingerprint(tmp_path / "a")
        data[place] = 1
        (tmp_path / "a").write_bytes(data)
        assert fingerprint(tmp_path / "a") != before

    def test_folder_changes_with_its_images_alone(self, tmp_path: Path) -> None:
        (tmp_path / "1.png").write_bytes(b"x")
        before = fingerprint(tmp_path)
        (tmp_path / "notes.txt").write_text("x")
        assert fingerprint(tmp_path) == before
        (tmp_path / "2.png").write_bytes(b"x")
        assert fingerprint(tmp_path) != before
