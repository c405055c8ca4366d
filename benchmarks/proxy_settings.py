"""What the settings of the browser's proxy cost and keep: bytes, decoding time and likeness.

    python -m benchmarks.proxy_settings VIDEO [--frames 72]

Encodes the first frames of a recording with the settings that were and are in use, decodes each on one thread
and compares with the source. Decoding is the least processor time of four turns.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from sbea_engine.video import encode

SETTINGS = {
    "CRF 18, key every 12": ("18", 12),
    "CRF 20, key every 8": ("20", 8),
    "CRF 20, key every 4": ("20", 4),
    "CRF 21, key every 4": ("21", 4),
}
TURNS = 4


def first_frames(video: Path, count: int) -> list[VideoFrame]:
    """Decoded pictures; fewer where the recording is shorter."""
    frames = []
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            frames.append(frame)
            if len(frames) == count:
                break
    return frames


def write_proxy(frames: list[VideoFrame], file: Path, crf: str, gop: int) -> None:
    """As ingest writes it, with other settings."""
    saved = encode.CRF, encode.GOP
    encode.CRF, encode.GOP = crf, gop
    try:
        with encode.ProxyEncoder(file, frames[0].width, frames[0].height, Fraction(30)) as encoder:
            for frame in frames:
                encoder.add(frame)
    finally:
        encode.CRF, encode.GOP = saved


def decode_ms(file: Path) -> float:
    """Processor time a frame, on one thread."""
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        began, count = time.process_time(), 0
        for _ in container.decode(stream):
            count += 1
    return (time.process_time() - began) / count * 1e3


def likeness_db(file: Path, frames: list[VideoFrame]) -> float:
    """Peak signal-to-noise ratio of luma and chroma together, over every fifth frame, whether key or not."""
    errors = []
    with av.open(str(file)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % 5 == 0:
                source = frames[index].reformat(format="yuv420p", dst_colorspace="ITU601").to_ndarray()
                errors.append(np.mean((frame.to_ndarray().astype(np.int16) - source) ** 2.0))
    return float(10 * np.log10(255**2 / np.mean(errors)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=72)
    asked = parser.parse_args()
    frames = first_frames(asked.video, asked.frames)
    print(f"{asked.video.name}, {frames[0].width} x {frames[0].height}, {len(frames)} frames")
    with tempfile.TemporaryDirectory() as place:
        files = {name: Path(place) / f"{at}.mp4" for at, name in enumerate(SETTINGS)}
        for name, (crf, gop) in SETTINGS.items():
            write_proxy(frames, files[name], crf, gop)
        times = {name: min(decode_ms(file) for _ in range(TURNS)) for name, file in files.items()}
        for name, file in files.items():
            size = file.stat().st_size / len(frames) / 1e3
            print(
                f"{name}: {size:.1f} kB a frame, decoded in {times[name]:.2f} ms, "
                f"{likeness_db(file, frames):.1f} dB"
            )


if __name__ == "__main__":
    main()
