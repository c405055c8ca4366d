from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from sbea_engine.video import BadVideo, decode_frame, encode_image, load_proxy, make_proxy
from sbea_engine.video.pictures import shrink
from tests.fixtures.barcode import barcode_picture, read_barcode, write_barcode_video
from tests.fixtures.videos import damage_packet

COUNT = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    source = write_barcode_video(folder / "v.mkv", COUNT, codec="ffv1", width=641, height=361)
    make_proxy(source, folder / "proxy")
    return folder / "proxy"


class TestDecodeFrame:
    def test_every_frame(self, folder: Path) -> None:
        order = random.Random(3).sample(range(COUNT), COUNT)
        info = load_proxy(folder)
        assert [read_barcode(decode_frame(folder, n, info=info)) for n in order] == order

    def test_padding_is_cut_off(self, folder: Path) -> None:
        frame = decode_frame(folder, 5)
        assert (frame.shape, frame.dtype.name) == ((361, 641, 3), "uint8")
        assert np.abs(frame.astype(int) - barcode_picture(5, 641, 361)).mean() < 5

    def test_max_width(self, folder: Path) -> None:
        assert decode_frame(folder, 7, max_width=320).shape == (180, 320, 3)
        assert read_barcode(decode_frame(folder, 7, max_width=320), scale=320 / 641) == 7
        assert decode_frame(folder, 7, max_width=5000).shape == (361, 641, 3)

    @pytest.mark.parametrize("index", [-1, COUNT])
    def test_beyond_the_ends(self, index: int, folder: Path) -> None:
        with pytest.raises(BadVideo, match=rf"has no frame {index}; its frames are 0 to 39"):
            decode_frame(folder, index)

    def test_no_proxy(self, tmp_path: Path) -> None:
        with pytest.raises(BadVideo, match="holds no finished proxy"):
            decode_frame(tmp_path, 0)

    def test_damage(self, tmp_path: Path) -> None:
        make_proxy(write_barcode_video(tmp_path / "v.mp4", 30), tmp_path / "proxy")
        damage_packet(tmp_path / "proxy" / "proxy.mp4", 18)
        assert read_barcode(decode_frame(tmp_path / "proxy", 17)) == 17
        with pytest.raises(BadVideo, match=r"proxy\.mp4: frame 19 is damaged. Make the proxy again"):
            decode_frame(tmp_path / "proxy", 19)


class TestShrink:
    def test_means_of_blocks(self) -> None:
        picture = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3
        blocks = picture.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
        assert np.abs(shrink(picture, 3) - blocks).max() <= 0.5

    def test_flat_picture_keeps_a_row(self) -> None:
        assert shrink(np.zeros((1, 500, 3), np.uint8), 10).shape == (1, 10, 3)

    def test_nonsense_width(self) -> None:
        with pytest.raises(ValueError, match="max_width must be positive, got 0"):
            shrink(np.zeros((4, 4, 3), np.uint8), 0)


class TestEncodeImage:
    @pytest.mark.parametrize(("image_format", "expected"), [("jpeg", "JPEG"), ("webp", "WEBP")])
    def test_formats(self, image_format: str, expected: str) -> None:
        picture = barcode_picture(300, 192, 112)
        image = PIL.Image.open(io.BytesIO(encode_image(picture, image_format, 85)))  # type: ignore[arg-type]
        assert image.format == expected
        assert read_barcode(np.array(image.convert("RGB"))) == 300

    def test_quality_is_used(self) -> None:
        picture = barcode_picture(1, 192, 112)
        assert len(encode_image(picture, "webp", 20)) < len(encode_image(picture, "webp", 95))

    def test_unknown_format(self) -> None:
        with pytest.raises(ValueError, match="got 'gif'"):
            encode_image(barcode_picture(1, 192, 112), "gif", 80)  # type: ignore[arg-type]
