"""What cannot be read is refused, with file, what is wrong and a remedy; damage is never papered over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sbea_engine.video import BadVideo, make_proxy, open_frames, probe
from tests.fixtures.barcode import read_barcode, write_barcode_video
from tests.fixtures.videos import (
    add_silence,
    cut_short,
    damage_packet,
    forget_size,
    write_audio,
    write_concat_script,
    write_playlist,
)


def refused(path: Path, what: str) -> BadVideo:
    with pytest.raises(BadVideo, match=what) as error:
        open_frames(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert error.value.data["remedy"]
    assert message.endswith(error.value.data["remedy"])
    return error.value


class TestNoVideo:
    def test_missing(self, tmp_path: Path) -> None:
        refused(tmp_path / "none.mp4", "there is no such file")

    def test_empty(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.mp4"
        path.touch()
        refused(path, "is empty")

    def test_text(self, tmp_path: Path) -> None:
        path = tmp_path / "text.mp4"
        path.write_text("Fiat lux.\n" * 500)
        refused(path, "is not a video that can be opened")

    def test_text_that_ffmpeg_would_draw(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("\x1b[31mred\n" * 500)
        refused(path, "is not a video that can be opened")

    def test_impossible_name(self, tmp_path: Path) -> None:
        refused(tmp_path / "a\0b.mp4", "cannot be looked at")

    def test_sound_only(self, tmp_path: Path) -> None:
        refused(write_audio(tmp_path / "sound.mp4"), r"holds no video \(audio only\)")

    def test_pipe_does_not_block(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe.mp4"
        os.mkfifo(path)
        refused(path, "is not a regular file")

    def test_absurd_size(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.y4m"
        path.write_bytes(b"YUV4MPEG2 W60000 H60000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(5000))
        refused(path, "60000 x 60000|is not a video that can be opened")

    @pytest.mark.skipif(
        os.name != "posix" or os.geteuid() != 0, reason="gives up root to lose the permission"
    )
    def test_unreadable(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "video.mp4", 3)
        path.chmod(0o000)
        for folder in (tmp_path, *tmp_path.parents[:3]):
            if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
                folder.chmod(0o755)
        code = (
            "import os, sys; from pathlib import Path; from sbea_engine.video import BadVideo, open_frames\n"
            "import av\nos.setgid(65534); os.setuid(65534)\n"
            "try: open_frames(Path(sys.argv[1]))\n"
            "except BadVideo as error: print(error)"
        )
        found = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        assert "cannot be read (Permission denied). Check its permissions." in found.stdout


class TestPointers:
    """Files that only refer to others must not be followed."""

    @pytest.mark.parametrize("name", ["list.m3u8", "list.mp4", "list.ts"])
    def test_playlist(self, name: str, tmp_path: Path) -> None:
        target = write_barcode_video(tmp_path / "secret.ts", 10)
        refused(write_playlist(tmp_path / name, target), "is not a video that can be opened")

    @pytest.mark.parametrize("name", ["list.ffconcat", "list.mp4"])
    def test_concatenation_script(self, name: str, tmp_path: Path) -> None:
        target = write_barcode_video(tmp_path / "secret.mp4", 10)
        refused(write_concat_script(tmp_path / name, target), "is not a video that can be opened")

    def test_name_that_looks_like_a_protocol(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_barcode_video(tmp_path / "a.ts", 10)
        monkeypatch.chdir(tmp_path)
        refused(Path("concat:a.ts|a.ts"), "there is no such file")
        refused(Path("http://127.0.0.1/video.mp4"), "there is no such file")

    def test_image_pattern(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        refused(tmp_path / "img%03d.png", "there is no such file")


class TestCutShort:
    def test_without_its_table(self, tmp_path: Path) -> None:
        refused(cut_short(write_barcode_video(tmp_path / "v.mp4", 60)), "cut short")

    def test_table_in_front(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "v.mp4", 60, container_options={"movflags": "faststart"})
        error = refused(
            cut_short(path), r"its header promises 60 frames, and the file ends after \d+|incomplete"
        )
        assert error.data.get("promised", 60) == 60

    def test_avi(self, tmp_path: Path) -> None:
        refused(cut_short(write_barcode_video(tmp_path / "v.avi", 60)), "promises 60 frames|incomplete")

    def test_matroska(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "v.mkv", 120)
        size = path.stat().st_size
        error = refused(cut_short(path, 0.4), rf"promises {size} bytes, and it has \d+: it was cut short")
        assert 20 < error.data["found"] < 100

    def test_matroska_that_lost_its_last_bytes(self, tmp_path: Path) -> None:
        """Only its index lies there; the frames may all be whole, but nobody can know."""
        refused(cut_short(write_barcode_video(tmp_path / "v.mkv", 20), 0.999), "it was cut short")

    def test_matroska_with_sound(self, tmp_path: Path) -> None:
        """Half of it lacks no more time than sound may outlast the pictures by."""
        path = add_silence(write_barcode_video(tmp_path / "v.mkv", 120), tmp_path / "sound.mkv")
        with open_frames(path) as reader:
            assert reader.info.frame_count == 120
        refused(cut_short(path), r"promises \d+ bytes, and it has \d+: it was cut short")

    def test_matroska_that_never_knew_its_size(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "v.mkv", 120, container_options={"live": "1"})
        with open_frames(path) as reader:
            assert reader.info.frame_count == 120

    def test_matroska_whose_size_was_lost(self, tmp_path: Path) -> None:
        """Then the promised length in time tells."""
        path = forget_size(write_barcode_video(tmp_path / "v.mkv", 120))
        with open_frames(path) as reader:
            assert reader.info.frame_count == 120
        refused(cut_short(path, 0.4), r"promises 4\.00 s, and the frames end at 1\.\d+ s")


class TestDamageInTheMiddle:
    @pytest.fixture
    def damaged(self, tmp_path: Path) -> Path:
        return damage_packet(write_barcode_video(tmp_path / "v.mp4", 60), 29)

    def test_the_frame_is_named(self, damaged: Path) -> None:
        with open_frames(damaged) as reader:
            assert read_barcode(reader.read(28)) == 28
            with pytest.raises(BadVideo, match=r"v\.mp4: frame 29 is damaged") as error:
                reader.read(29)
            assert error.value.data["frame"] == 29
            assert read_barcode(reader.read(36)) == 36  # from the next key frame on all is well

    def test_frames_built_on_it_are_refused_too(self, damaged: Path) -> None:
        with open_frames(damaged) as reader, pytest.raises(BadVideo, match="frame 29"):
            reader.read(33)

    def test_counting_does_not_slip_where_there_are_no_times(self, tmp_path: Path) -> None:
        path = damage_packet(write_barcode_video(tmp_path / "v.avi", 40, b_frames=2), 14)
        with open_frames(path) as reader:
            for n in (17, 17, 18, 20):
                with pytest.raises(BadVideo, match="frame 14, or one within a few of it, is damaged"):
                    reader.read(n)
            assert read_barcode(reader.read(10)) == 10

    def test_reading_through_stops_there(self, damaged: Path) -> None:
        with open_frames(damaged) as reader:
            frames = reader.iterate()
            assert [read_barcode(next(frames)[1]) for _ in range(29)] == list(range(29))
            with pytest.raises(BadVideo, match="frame 29"):
                next(frames)

    def test_no_proxy_is_made(self, damaged: Path, tmp_path: Path) -> None:
        with pytest.raises(BadVideo, match="frame 29"):
            make_proxy(damaged, tmp_path / "proxy")
        assert not (tmp_path / "proxy").exists()

    def test_key_frame(self, tmp_path: Path) -> None:
        path = damage_packet(write_barcode_video(tmp_path / "v.mp4", 60, b_frames=2), 24)
        with open_frames(path) as reader:
            with pytest.raises(BadVideo, match="frame 24 is damaged"):
                reader.read(30)
            assert read_barcode(reader.read(40)) == 40

    def test_first_frame(self, tmp_path: Path) -> None:
        refused(damage_packet(write_barcode_video(tmp_path / "v.mp4", 20), 0), "frame 0 is damaged")

    def test_motion_jpeg_that_ends_in_noise(self, tmp_path: Path) -> None:
        """FFmpeg by default shows such a picture half grey and says nothing."""
        path = write_barcode_video(tmp_path / "v.avi", 30, codec="mjpeg", pix_fmt="yuvj420p")
        damage_packet(path, 17, tail_only=True)
        with open_frames(path) as reader, pytest.raises(BadVideo, match="frame 17 is damaged"):
            reader.read(17)

    def test_mpeg4_that_is_concealed(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "v.avi", 30, codec="mpeg4")
        damage_packet(path, 17, tail_only=True)
        with open_frames(path) as reader, pytest.raises(BadVideo, match="frame 17 is damaged"):
            reader.read(20)

    def test_probe_of_a_damaged_video_succeeds(self, damaged: Path) -> None:
        assert probe(damaged).info.frame_count == 60  # probing decodes only the first frame
