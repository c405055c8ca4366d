"""Random access: the source as recorded, its proxy through the reader, and its proxy as the server does it.

    python benchmarks/video_random_seek.py [VIDEO ...] [--seeks 60]

Without VIDEO it renders 300 frames of 1280 x 1024 with key frames 250 apart and B frames, and one with key
frames 12 apart. Prints milliseconds; nothing is asserted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sbea_engine.video import decode_frame, encode_image, load_proxy, make_proxy, open_frames
from tests.fixtures.barcode import write_barcode_video


def latencies_ms(read: Callable[[int], object], frames: list[int]) -> str:
    """Median and 95th percentile of reading each of `frames`."""
    spent = []
    for frame in frames:
        start = time.perf_counter()
        read(frame)
        spent.append(1000 * (time.perf_counter() - start))
    return f"p50 {np.median(spent):7.1f} ms   p95 {np.percentile(spent, 95):7.1f} ms"


def measure(source: Path, folder: Path, seeks: int) -> None:
    """Print one block for one video."""
    start = time.perf_counter()
    proxy = make_proxy(source, folder)
    spent = time.perf_counter() - start
    frames = random.Random(0).choices(range(proxy.frame_count), k=seeks)
    print(f"{source.name}: {proxy.frame_count} frames, {proxy.width} x {proxy.height}, {proxy.source.codec}")
    print(
        f"  proxy written at {proxy.frame_count / spent:.0f} frames/s; "
        f"{proxy.source.size_bytes / 1e6:.2f} MB -> {proxy.size_bytes / 1e6:.2f} MB"
    )
    with open_frames(source) as reader:
        print(f"  source, reader             {latencies_ms(reader.read, frames)}")
    with open_frames(folder / "proxy.mp4") as reader:
        print(f"  proxy, reader              {latencies_ms(reader.read, frames)}")
    info = load_proxy(folder)
    print(
        f"  proxy, decode_frame        {latencies_ms(lambda n: decode_frame(folder, n, info=info), frames)}"
    )
    print(
        "  proxy, 960 px JPEG         "
        + latencies_ms(
            lambda n: encode_image(decode_frame(folder, n, max_width=960, info=info), "jpeg", 85), frames
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--seeks", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        videos = arguments.videos or [
            write_barcode_video(
                Path(scratch) / f"gop{gop}.mp4", 300, width=1280, height=1024, gop=gop, b_frames=b_frames
            )
            for gop, b_frames in ((250, 3), (12, 0))
        ]
        for number, video in enumerate(videos):
            measure(video, Path(scratch) / str(number), arguments.seeks)


if __name__ == "__main__":
    main()
