"""Make the proxy of a recording: one movie that a browser reads by frame, and the table that says where.

One source frame becomes one proxy frame, or there is no proxy. See docs/science/video.md.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.container import open_container
from sbea_engine.video.encode import GOP, ProxyEncoder, even, playing_rate
from sbea_engine.video.errors import BadVideo, CannotWrite
from sbea_engine.video.fingerprint import fingerprint, size_bytes
from sbea_engine.video.orientation import UPRIGHT
from sbea_engine.video.pictures import encode_image, shrink
from sbea_engine.video.proxy_files import (
    DOCUMENT,
    INDEX,
    MOVIE,
    POSTER,
    RECORD,
    ProxyInfo,
    ProxySource,
    load_proxy,
)
from sbea_engine.video.reader import FrameReader, open_frames
from sbea_engine.video.video_file import VideoReader

__all__ = ["ProxyInfo", "ProxySource", "load_proxy", "make_proxy"]

POSTER_WIDTH = 480
_WORK = ".proxy-"
_STALE_S = 3600.0
_BUG = "This is a fault of the installed encoder; report it with the file's first second."


def make_proxy(source: Path, folder: Path, *, on_progress: OnProgress = ignore) -> ProxyInfo:
    """Write `proxy.mp4`, `frames.bin`, `proxy.json` and `poster.jpg` of `source` into `folder`.

    The files are written in a folder beside them and moved once all are whole, `proxy.json` last; when work
    ends early nothing is left. Where `folder` already holds the proxy of this source, nothing is done.

    Args:
        source: What `open_frames` reads.
        folder: Made if needed. Other files in it are left alone. One call at a time may write into it.
        on_progress: Called after each frame; may raise `Cancelled`.

    Raises:
        BadVideo: The source cannot be read from first to last frame.
        CannotWrite: The disk is full, or the folder may not be written.
        Cancelled: From `on_progress`.
    """
    with open_frames(source) as reader:
        mark = fingerprint(source)
        count = reader.info.frame_count
        done = _existing(folder, mark, count)
        if done is not None:
            on_progress(Progress(stage="write proxy", done=count, total=count))
            return done
        with _working_folder(folder) as work:
            info = _write_files(reader, mark, work, on_progress)
            (folder / DOCUMENT).unlink(missing_ok=True)  # a half-replaced proxy must not load
            for name in (MOVIE, INDEX, POSTER, DOCUMENT):
                (work / name).replace(folder / name)
    return info


def _existing(folder: Path, mark: str, count: int) -> ProxyInfo | None:
    try:
        info = load_proxy(folder)
    except BadVideo:
        return None
    same = info.source.fingerprint == mark and info.frame_count == count
    return info if same and (folder / POSTER).is_file() else None


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """A folder inside `folder`, removed at the end; what is wrong with the disk becomes `CannotWrite`."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{_WORK}*"):  # of a process that was killed
            if time.time() - max(f.stat().st_mtime for f in (old, *old.iterdir())) > _STALE_S:
                shutil.rmtree(old, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
    except OSError as error:
        raise CannotWrite(folder, error) from error
    whole = False
    try:
        yield work
        whole = True
    except OSError as error:
        raise CannotWrite(folder, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if made and not whole and not any(folder.iterdir()):
            folder.rmdir()


def _write_files(reader: FrameReader, mark: str, work: Path, on_progress: OnProgress) -> ProxyInfo:
    info = reader.info
    rate = playing_rate(info.fps)
    poster = _write_movie(reader, work / MOVIE, rate, on_progress)
    (work / POSTER).write_bytes(encode_image(shrink(poster, POSTER_WIDTH), "jpeg", 85))
    records, description = _read_back(work / MOVIE, info.frame_count)
    records["source_pts"] = reader.index.pts if isinstance(reader, VideoReader) else np.arange(len(records))
    (work / INDEX).write_bytes(records.tobytes())
    with (work / MOVIE).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    proxy = ProxyInfo(
        frame_count=info.frame_count,
        width=info.width,
        height=info.height,
        coded_width=even(info.width),
        coded_height=even(info.height),
        fps=float(rate),
        codec="avc1." + description[1:4].hex(),
        description=description,
        gop=GOP,
        source=_describe(reader, mark),
        size_bytes=(work / MOVIE).stat().st_size,
        sha256=sha256,
    )
    text = json.dumps(proxy.to_dict(), allow_nan=False, ensure_ascii=False, indent=1)
    (work / DOCUMENT).write_text(text, encoding="utf-8")
    return proxy


def _describe(reader: FrameReader, mark: str) -> ProxySource:
    info = reader.info
    base = reader.index.time_base if isinstance(reader, VideoReader) else None
    return ProxySource(
        path=str(reader.path.resolve()),
        size_bytes=size_bytes(reader.path),
        fingerprint=mark,
        codec=info.codec,
        kind=info.kind,
        fps=info.fps,
        variable_rate=info.variable_rate,
        rotation=info.rotation,
        names=info.names,
        time_base=None if base is None else (base.numerator, base.denominator),
    )


def _write_movie(
    reader: FrameReader, file: Path, rate: Fraction, on_progress: OnProgress
) -> NDArray[np.uint8]:
    """Encode every frame in order; returns the middle one, upright RGB, for the poster."""
    info = reader.info
    middle = info.frame_count // 2
    poster = np.empty(0, np.uint8)
    as_decoded = (
        isinstance(reader, VideoReader)
        and reader.orientation == UPRIGHT
        and (even(info.width), even(info.height)) == (info.width, info.height)
    )
    with ProxyEncoder(file, info.width, info.height, rate) as encoder:
        if isinstance(reader, VideoReader) and as_decoded:
            for index, picture in reader.iterate_pictures():
                if index == middle:
                    poster = reader.to_rgb(picture)
                encoder.add(picture)
                on_progress(Progress(stage="write proxy", done=index + 1, total=info.frame_count))
        else:
            for index, rgb in reader.iterate():
                if index == middle:
                    poster = rgb
                encoder.add(rgb)
                on_progress(Progress(stage="write proxy", done=index + 1, total=info.frame_count))
    return poster


def _read_back(file: Path, frame_count: int) -> tuple[NDArray[np.void], bytes]:
    """The sample table and the decoder configuration of a finished movie, checked against what was asked.

    Raises:
        BadVideo: Not one sample a frame, a key frame out of place, a reordered frame, or an uneven time step.
    """
    container, stream = open_container(file)
    with container:
        rows = [
            (p.pos, p.size, p.is_keyframe, p.pts, p.pts == p.dts) for p in container.demux(stream) if p.size
        ]
        description = bytes(stream.codec_context.extradata or b"")
    if len(rows) != frame_count:
        raise BadVideo(file, f"holds {len(rows)} samples for {frame_count} frames.", _BUG)
    offset, size, key, pts, pts_is_dts = (np.array(column) for column in zip(*rows, strict=True))
    even_steps = pts[0] == 0 and len(np.unique(np.diff(pts))) <= 1 and (np.diff(pts) > 0).all()
    if not (even_steps and pts_is_dts.all() and np.array_equal(key, np.arange(frame_count) % GOP == 0)):
        raise BadVideo(file, "its key frames or time stamps are not where they were asked for.", _BUG)
    ends = offset + size
    if (ends[:-1] > offset[1:]).any() or ends[-1] > file.stat().st_size or description[:1] != b"\x01":
        raise BadVideo(file, "its samples are not where its table says.", _BUG)
    records = np.zeros(frame_count, RECORD)
    records["offset"], records["size"], records["key"] = offset, size, key
    return records, description
