"""One source frame, one proxy frame; whole or not at all; and the table leads to each."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from sbea_engine.errors import Cancelled
from sbea_engine.progress import Progress
from sbea_engine.video import BadVideo, CannotWrite, load_proxy, make_proxy, open_frames
from sbea_engine.video.encode import playing_rate
from sbea_engine.video.proxy_files import RECORD, load_records
from tests.fixtures.barcode import barcode_picture, read_barcode, write_barcode_video
from tests.fixtures.videos import hide_first_frames

FILES = ["frames.bin", "poster.jpg", "proxy.json", "proxy.mp4"]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def stop_at(frame: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.done == frame:
            raise Cancelled

    return on_progress


def decode_like_a_browser(folder: Path) -> list[Any]:
    """Decode from nothing but proxy.json, frames.bin and byte ranges of proxy.mp4, one GOP at a time."""
    import av

    document = json.loads((folder / "proxy.json").read_text())
    records = np.frombuffer((folder / "frames.bin").read_bytes(), RECORD)
    movie = (folder / "proxy.mp4").read_bytes()
    frames = []
    starts = [*np.flatnonzero(records["key"]).tolist(), len(records)]
    for start, stop in itertools.pairwise(starts):
        context = av.CodecContext.create("h264", "r")
        context.extradata = base64.b64decode(document["description_base64"])
        for offset, size, *_ in records[start:stop].tolist():
            frames += context.decode(av.Packet(movie[offset : offset + size]))
        frames += context.decode(None)
    return frames


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "B frames": ("mp4", {"b_frames": 3, "gop": 250}),
    "open gop": ("ts", {"b_frames": 3, "open_gop": True}),
    "odd": ("mkv", {"codec": "ffv1", "width": 193, "height": 113}),
    "turned": ("mp4", {"rotation": 90}),
    "turned and odd": ("mp4", {"rotation": 270, "pix_fmt": "yuv444p", "width": 193, "height": 112}),
    "uneven": ("mp4", {"times": [n + n // 7 for n in range(40)]}),
    "grey": ("mkv", {"codec": "ffv1", "pix_fmt": "gray"}),
    "10 bits": ("mp4", {"pix_fmt": "yuv420p10le"}),
    "no times": ("avi", {"b_frames": 2}),
    "key frames elsewhere": ("mp4", {"gop": 5}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_byte_ranges_decode_to_the_same_frames(variant: str, tmp_path: Path) -> None:
    suffix, options = VARIANTS[variant]
    source = write_barcode_video(tmp_path / f"v.{suffix}", 40, **options)
    info = make_proxy(source, tmp_path / "proxy")
    pictures = decode_like_a_browser(tmp_path / "proxy")
    assert [read_barcode(p.to_ndarray(format="rgb24")) for p in pictures] == list(range(40))
    assert {p.pict_type for p in pictures} <= {1, 2}  # I and P; no B
    width, height = options.get("width", 192), options.get("height", 112)
    assert (info.width, info.height) == (width, height)
    assert (info.coded_width, info.coded_height) == (width + width % 2, height + height % 2)
    assert {(p.width, p.height) for p in pictures} == {(info.coded_width, info.coded_height)}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "v.mp4"
    return write_barcode_video(path, 50, b_frames=2, fps=Fraction(30_000, 1001))


@pytest.fixture(scope="module")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy of `source`; not to be changed."""
    folder = tmp_path_factory.mktemp("proxies") / "7"
    make_proxy(source, folder)
    return folder


class TestFiles:
    def test_document(self, source: Path, folder: Path) -> None:
        document = json.loads((folder / "proxy.json").read_text())
        movie = (folder / "proxy.mp4").read_bytes()
        description = base64.b64decode(document["description_base64"])
        assert document["format"] == "sbea-proxy/1"
        assert (document["frame_count"], document["gop"]) == (50, 4)
        assert document["fps"] == pytest.approx(30_000 / 1001)
        assert document["codec"] == f"avc1.{description[1]:02x}{description[2]:02x}{description[3]:02x}"
        assert description[0] == 1
        assert description[4] & 3 == 3  # samples begin with lengths of four bytes
        assert document["sha256"] == hashlib.sha256(movie).hexdigest()
        assert document["source"] | {"fingerprint": "", "fps": 0} == {
            "path": str(source),
            "size_bytes": source.stat().st_size,
            "fingerprint": "",
            "codec": "h264",
            "kind": "video",
            "fps": 0,
            "variable_rate": False,
            "rotation": 0,
            "names": None,
            "time_base": [1, 30_000],
        }

    def test_document_survives_loading(self, folder: Path) -> None:
        assert load_proxy(folder).to_dict() == json.loads((folder / "proxy.json").read_text())

    def test_movie_starts_with_its_table_and_has_no_edit_list(self, folder: Path) -> None:
        movie = (folder / "proxy.mp4").read_bytes()
        table = movie[: movie.index(b"mdat")]
        assert b"moov" in table
        assert b"elst" not in table

    def test_movie_has_even_time_steps(self, folder: Path) -> None:
        import av

        with av.open(str(folder / "proxy.mp4")) as container:
            stamps = [(p.pts, p.dts) for p in container.demux(video=0) if p.size]
        assert {p - d for p, d in stamps if p is not None and d is not None} == {0}
        assert stamps[0] == (0, 0)
        assert len(set(np.diff([p for p, _ in stamps]).tolist())) == 1

    def test_movie_is_tagged_with_its_colours(self, folder: Path) -> None:
        frame = decode_like_a_browser(folder)[0]
        assert (frame.colorspace, frame.color_range) == (6, 1)

    def test_table(self, source: Path, folder: Path) -> None:
        records = load_records(folder)
        assert (folder / "frames.bin").stat().st_size == 24 * 50
        assert np.flatnonzero(records["key"]).tolist() == list(range(0, 50, 4))
        ends = records["offset"] + records["size"]
        assert (ends[:-1] <= records["offset"][1:]).all()
        with open_frames(source) as reader:
            np.testing.assert_array_equal(records["source_pts"], reader.index.pts)  # type: ignore[attr-defined]

    def test_poster_is_from_the_middle(self, tmp_path: Path) -> None:
        make_proxy(write_barcode_video(tmp_path / "v.mp4", 30, width=960, height=540), tmp_path / "proxy")
        poster = np.array(PIL.Image.open(tmp_path / "proxy" / "poster.jpg"))
        assert poster.shape == (270, 480, 3)
        assert read_barcode(poster, scale=0.5) == 15

    def test_progress_after_every_frame(self, source: Path, tmp_path: Path) -> None:
        seen: list[Progress] = []
        make_proxy(source, tmp_path / "proxy", on_progress=seen.append)
        assert [(p.done, p.total) for p in seen] == [(n, 50) for n in range(1, 51)]


class TestColours:
    @pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "yuv444p", "gray"])
    def test_levels_are_kept(self, pix_fmt: str, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 3, pix_fmt=pix_fmt)
        make_proxy(source, tmp_path / "proxy")
        with open_frames(source) as before, open_frames(tmp_path / "proxy" / "proxy.mp4") as after:
            difference = before.read(1).astype(int) - after.read(1)
        assert abs(difference.mean()) < 1.0
        assert np.abs(difference).mean() < 3.0

    def test_bt709_source_looks_the_same(self, tmp_path: Path) -> None:
        tagged = {"x264-params": "colormatrix=bt709:colorprim=bt709:transfer=bt709:scenecut=0"}
        source = write_barcode_video(tmp_path / "v.mp4", 3, options=tagged)
        make_proxy(source, tmp_path / "proxy")
        with open_frames(source) as before, open_frames(tmp_path / "proxy" / "proxy.mp4") as after:
            assert np.abs(before.read(1).astype(int) - after.read(1)).mean() < 3.0


class TestImageFolders:
    def test_frames_and_names(self, tmp_path: Path) -> None:
        folder = tmp_path / "images"
        folder.mkdir()
        for n in range(15):
            PIL.Image.fromarray(barcode_picture(n, 193, 113)).save(folder / f"img{n}.png")
        info = make_proxy(folder, tmp_path / "proxy")
        pictures = decode_like_a_browser(tmp_path / "proxy")
        assert [read_barcode(p.to_ndarray(format="rgb24")) for p in pictures] == list(range(15))
        assert info.source.names == tuple(f"img{n}.png" for n in range(15))
        assert (info.source.kind, info.source.fps, info.fps) == ("images", None, 25.0)
        assert load_records(tmp_path / "proxy")["source_pts"].tolist() == list(range(15))

    def test_grey_images(self, tmp_path: Path) -> None:
        PIL.Image.fromarray(barcode_picture(9, 192, 112)).convert("L").save(tmp_path / "a.png")
        make_proxy(tmp_path / "a.png", tmp_path / "proxy")
        (picture,) = decode_like_a_browser(tmp_path / "proxy")
        assert read_barcode(picture.to_ndarray(format="rgb24")) == 9


class TestRates:
    @pytest.mark.parametrize("fps", [5.0, 25.0, 29.97002997, 59.94005994, 120.0])
    def test_kept(self, fps: float) -> None:
        assert float(playing_rate(fps)) == pytest.approx(fps, rel=1e-6)

    @pytest.mark.parametrize("fps", [None, 0.01, 1000.0])
    def test_replaced_where_no_browser_would_play_it(self, fps: float | None) -> None:
        assert playing_rate(fps) == 25

    def test_high_speed_recording_keeps_its_frames(self, tmp_path: Path) -> None:
        info = make_proxy(write_barcode_video(tmp_path / "v.mp4", 20, fps=1000), tmp_path / "proxy")
        assert (info.frame_count, info.fps, info.source.fps) == (20, 25.0, 1000.0)


class TestWholeOrNotAtAll:
    def test_cancelled(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 30)
        with pytest.raises(Cancelled):
            make_proxy(source, tmp_path / "deep" / "proxy", on_progress=stop_at(20))
        assert not (tmp_path / "deep" / "proxy").exists()

    def test_cancelled_in_a_folder_with_other_files(self, tmp_path: Path) -> None:
        folder = tmp_path / "proxy"
        folder.mkdir()
        source = write_barcode_video(folder / "upload.mp4", 30)
        with pytest.raises(Cancelled):
            make_proxy(source, folder, on_progress=stop_at(20))
        assert names(folder) == ["upload.mp4"]
        make_proxy(source, folder)
        assert names(folder) == [*FILES, "upload.mp4"]

    def test_cancelled_remake_keeps_the_old_proxy(self, tmp_path: Path) -> None:
        old = make_proxy(write_barcode_video(tmp_path / "a.mp4", 20), tmp_path / "proxy")
        with pytest.raises(Cancelled):
            make_proxy(
                write_barcode_video(tmp_path / "b.mp4", 30), tmp_path / "proxy", on_progress=stop_at(25)
            )
        assert load_proxy(tmp_path / "proxy") == old
        assert names(tmp_path / "proxy") == FILES

    def test_second_call_does_nothing(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 20)
        first = make_proxy(source, tmp_path / "proxy")
        inodes = [(tmp_path / "proxy" / n).stat().st_ino for n in FILES]
        seen: list[Progress] = []
        assert make_proxy(source, tmp_path / "proxy", on_progress=seen.append) == first
        assert [(tmp_path / "proxy" / n).stat().st_ino for n in FILES] == inodes
        assert [(p.done, p.total) for p in seen] == [(20, 20)]

    def test_another_source_replaces_it(self, tmp_path: Path) -> None:
        make_proxy(write_barcode_video(tmp_path / "a.mp4", 20), tmp_path / "proxy")
        make_proxy(write_barcode_video(tmp_path / "b.mp4", 33), tmp_path / "proxy")
        assert load_proxy(tmp_path / "proxy").frame_count == 33
        assert len(load_records(tmp_path / "proxy")) == 33

    def test_damaged_proxy_is_made_again(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 20)
        first = make_proxy(source, tmp_path / "proxy")
        (tmp_path / "proxy" / "frames.bin").write_bytes(b"short")
        assert make_proxy(source, tmp_path / "proxy") == first
        assert len(load_records(tmp_path / "proxy")) == 20

    def test_full_disk(self, tmp_path: Path) -> None:
        """A limit on the size of files stands for a full disk; the process that hits it is a child."""
        source = write_barcode_video(tmp_path / "v.mp4", 60, width=320, height=240)
        code = (
            "import resource, sys; from pathlib import Path\n"
            "from sbea_engine.video import CannotWrite, make_proxy\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
            "try: make_proxy(Path(sys.argv[1]), Path(sys.argv[2]))\n"
            "except CannotWrite as error: print(error.code, error.permanent, error)"
        )
        found = subprocess.run(
            [sys.executable, "-c", code, str(source), str(tmp_path / "proxy")],
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.startswith(f"cannot_write False {tmp_path / 'proxy'}: writing failed (")
        assert not (tmp_path / "proxy").exists()

    def test_what_a_killed_process_left_is_removed_in_time(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 3)
        for name, age_s in (("old", 7200), ("running", 60)):
            left = tmp_path / "proxy" / f".proxy-{name}"
            left.mkdir(parents=True)
            (left / "proxy.mp4").write_bytes(b"half")
            then = time.time() - age_s
            os.utime(left / "proxy.mp4", (then, then))
            os.utime(left, (then, then))
        make_proxy(source, tmp_path / "proxy")
        assert names(tmp_path / "proxy") == [".proxy-running", *FILES]

    def test_folder_that_is_a_file(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "v.mp4", 3)
        with pytest.raises(CannotWrite, match=r"v\.mp4.*give write access"):
            make_proxy(source, source / "proxy")

    def test_encoder_that_writes_key_frames_elsewhere_is_found_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sbea_engine.video.encode

        monkeypatch.setattr(sbea_engine.video.encode, "GOP", 7)
        with pytest.raises(BadVideo, match="not where they were asked for"):
            make_proxy(write_barcode_video(tmp_path / "v.mp4", 30), tmp_path / "proxy")
        assert not (tmp_path / "proxy").exists()

    def test_encoder_that_loses_a_frame_is_found_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sbea_engine.video.encode import ProxyEncoder

        add = ProxyEncoder.add

        def lossy(self: ProxyEncoder, picture: Any) -> None:
            if read_barcode(picture.to_ndarray(format="rgb24")) != 11:
                add(self, picture)

        monkeypatch.setattr(ProxyEncoder, "add", lossy)
        with pytest.raises(BadVideo, match="holds 29 samples for 30 frames"):
            make_proxy(write_barcode_video(tmp_path / "v.mp4", 30), tmp_path / "proxy")


class TestLoading:
    def test_no_proxy(self, tmp_path: Path) -> None:
        with pytest.raises(BadVideo, match=r"holds no finished proxy. Make the proxy again"):
            load_proxy(tmp_path)

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"format": "sbea-proxy/9"}', '{"format": "sbea-proxy/1"}', "\x00"]
    )
    def test_damaged_document(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "proxy.json").write_text(text)
        with pytest.raises(BadVideo, match=r"proxy\.json: is damaged"):
            load_proxy(tmp_path)

    def test_movie_of_another_size(self, tmp_path: Path) -> None:
        make_proxy(write_barcode_video(tmp_path / "v.mp4", 10), tmp_path / "proxy")
        with (tmp_path / "proxy" / "proxy.mp4").open("ab") as file:
            file.write(b"x")
        with pytest.raises(BadVideo, match=r"proxy.mp4: has \d+ bytes where \d+ belong"):
            load_proxy(tmp_path / "proxy")


def test_frames_hidden_by_an_edit_list_get_no_proxy_frame(tmp_path: Path) -> None:
    source = hide_first_frames(write_barcode_video(tmp_path / "v.mp4", 40, b_frames=2), 5)
    assert make_proxy(source, tmp_path / "proxy").frame_count == 35
    first = decode_like_a_browser(tmp_path / "proxy")[0]
    assert read_barcode(first.to_ndarray(format="rgb24")) == 5


def test_poster_is_a_jpeg(tmp_path: Path) -> None:
    make_proxy(write_barcode_video(tmp_path / "v.mp4", 3), tmp_path / "proxy")
    data = (tmp_path / "proxy" / "poster.jpg").read_bytes()
    assert PIL.Image.open(io.BytesIO(data)).format == "JPEG"
