from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from sbea_engine.data.labels import FrameSource
from sbea_engine.video import BadVideo, open_frames, read_source
from sbea_engine.video.images import natural_order
from tests.fixtures.barcode import barcode_picture, read_barcode

EXIF_ORIENTATION = 0x0112


def save(path: Path, number: int = 0, width: int = 192, height: int = 112) -> Path:
    PIL.Image.fromarray(barcode_picture(number, width, height)).save(path)
    return path


def test_natural_order() -> None:
    shuffled = ["img10.png", "IMG2.png", "img1.png", "b.png", "img002b.png", "10.png", "9.png"]
    expected = ["9.png", "10.png", "b.png", "img1.png", "IMG2.png", "img002b.png", "img10.png"]
    assert sorted(shuffled, key=natural_order) == expected


class TestFolder:
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".tif", ".tiff", ".bmp"])
    def test_formats(self, suffix: str, tmp_path: Path) -> None:
        for n in (0, 2, 10):
            save(tmp_path / f"img{n}{suffix}", n)
        with open_frames(tmp_path) as reader:
            info = reader.info
            assert [read_barcode(f) for _, f in reader.iterate()] == [0, 2, 10]
            assert [read_barcode(f) for _, f in reader.iterate(0, 3, 2)] == [0, 10]
            assert read_barcode(reader.read(1)) == 2
        assert info.names == tuple(f"img{n}{suffix}" for n in (0, 2, 10))
        assert (info.frame_count, info.width, info.height, info.fps, info.kind) == (
            3,
            192,
            112,
            None,
            "images",
        )

    def test_hidden_and_other_files_are_passed_over(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png", 1)
        (tmp_path / "._a.png").write_bytes(b"resource fork")
        (tmp_path / "CollectedData.csv").write_text("x")
        with open_frames(tmp_path) as reader:
            assert reader.info.names == ("a.png",)

    def test_no_image(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        with pytest.raises(BadVideo, match="is a folder without images"):
            open_frames(tmp_path)

    def test_another_size_names_the_file(self, tmp_path: Path) -> None:
        for n in range(3):
            save(tmp_path / f"{n}.png", n)
        save(tmp_path / "3.png", 3, width=193)
        with pytest.raises(BadVideo, match=r"3\.png: is 193 x 112 pixels, the first image .* 192 x 112"):
            open_frames(tmp_path)

    def test_beyond_the_ends(self, tmp_path: Path) -> None:
        save(tmp_path / "0.png")
        with (
            open_frames(tmp_path) as reader,
            pytest.raises(BadVideo, match="has no frame 1; its frames are 0 to 0"),
        ):
            reader.read(1)


class TestPixels:
    def test_exact(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png", 5)
        with open_frames(tmp_path / "a.png") as reader:
            np.testing.assert_array_equal(reader.read(0), barcode_picture(5, 192, 112))
            assert reader.read(0).flags.writeable

    @pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA", "CMYK"])
    def test_modes_become_rgb(self, mode: str, tmp_path: Path) -> None:
        suffix = ".tif" if mode == "CMYK" else ".png"
        PIL.Image.fromarray(barcode_picture(77, 192, 112)).convert(mode).save(tmp_path / f"a{suffix}")
        with open_frames(tmp_path) as reader:
            frame = reader.read(0)
        assert (frame.shape, frame.dtype.name) == ((112, 192, 3), "uint8")
        assert read_barcode(frame) == 77

    def test_16_bits_keep_the_upper_8(self, tmp_path: Path) -> None:
        levels = np.array([[0, 255, 256, 0x7FFF, 0xFFFF]], np.uint16)
        PIL.Image.fromarray(levels).save(tmp_path / "a.png")
        with open_frames(tmp_path) as reader:
            assert reader.read(0)[0, :, 0].tolist() == [0, 0, 1, 0x7F, 0xFF]

    def test_floating_point_is_refused(self, tmp_path: Path) -> None:
        PIL.Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "a.tif")
        with open_frames(tmp_path) as reader, pytest.raises(BadVideo, match="pixels beyond 16 bits"):
            reader.read(0)

    def test_exif_orientation(self, tmp_path: Path) -> None:
        exif = PIL.Image.Exif()
        exif[EXIF_ORIENTATION] = 6  # to be turned clockwise
        stored = np.rot90(barcode_picture(12, 192, 112))
        PIL.Image.fromarray(stored).save(tmp_path / "a.jpg", exif=exif, quality=95)
        with open_frames(tmp_path) as reader:
            assert (reader.info.width, reader.info.height) == (192, 112)
            assert read_barcode(reader.read(0)) == 12


class TestBadImages:
    def refused(self, file: Path, what: str) -> None:
        with pytest.raises(BadVideo, match=what) as error, open_frames(file.parent) as reader:
            list(reader.iterate())
        assert str(error.value).startswith(f"{file}: ")

    def test_text(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_text("no picture")
        self.refused(tmp_path / "a.png", "is not an image that can be read")

    def test_empty(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png")
        (tmp_path / "b.png").touch()
        self.refused(tmp_path / "b.png", "is empty")

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
    def test_cut_short(self, suffix: str, tmp_path: Path) -> None:
        file = save(tmp_path / f"a{suffix}")
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
        self.refused(file, "is not an image that can be read")

    def test_another_format_under_this_name(self, tmp_path: Path) -> None:
        PIL.Image.fromarray(barcode_picture(1, 192, 112)).save(tmp_path / "a.gif")
        (tmp_path / "a.gif").rename(tmp_path / "a.png")
        self.refused(tmp_path / "a.png", "is not an image that can be read")

    def test_several_pictures_in_one_file(self, tmp_path: Path) -> None:
        pages = [PIL.Image.fromarray(barcode_picture(n, 192, 112)) for n in range(3)]
        pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
        self.refused(tmp_path / "a.tif", "several pictures in one file")

    @pytest.mark.parametrize("side", [20_000, 2_000_000])
    def test_absurd_size(self, side: int, tmp_path: Path) -> None:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100)))
        (tmp_path / "a.png").write_bytes(data + chunk(b"IEND", b""))
        self.refused(tmp_path / "a.png", f"{side} x {side} pixels|absurd size")

    def test_pipe_does_not_block(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.png")
        self.refused(tmp_path / "a.png", "is not a regular file")

    def test_replaced_by_another_size_while_open(self, tmp_path: Path) -> None:
        save(tmp_path / "a.png")
        with open_frames(tmp_path) as reader:
            save(tmp_path / "a.png", width=208)
            with pytest.raises(BadVideo, match="is 208 x 112 pixels"):
                reader.read(0)


def test_single_image_is_the_labelled_frame_whatever_its_index(tmp_path: Path) -> None:
    file = save(tmp_path / "img0042.png", 42)
    assert read_barcode(read_source(FrameSource(video="v", index=42, path=file))) == 42


def test_labelled_frame_of_a_folder(tmp_path: Path) -> None:
    for n in range(3):
        save(tmp_path / f"{n}.png", n)
    assert read_barcode(read_source(FrameSource(video="v", index=2, path=tmp_path))) == 2
