"""One pass over the packets of a video: how many frames there are, and where each can be decoded from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sbea_engine.video.errors import BadVideo
from sbea_engine.video.matroska import segment_end

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

NO_PTS = np.iinfo(np.int64).min

_COPY_AGAIN = (
    "Copy it again; if the original is like this, write anew what is left: "
    "ffmpeg -i FILE -c:v libx264 -crf 16 -fps_mode passthrough NEW.mp4"
)


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """The frames of a video in the order of presentation.

    Attributes:
        timed: True where every packet has its own time stamp, so that a frame can be recognised after a seek.
            Otherwise frames are known by counting from the start alone.
        pts: int64 (frame,), time stamps in units of `time_base`, ascending; `NO_PTS` where not `timed`.
        sizes: int64 (frame,), bytes of each frame's packet, in the order of decoding.
        decode_pts: int64 (packet,), time stamps in the order of decoding, of all packets, shown or not.
        keys: int64 (key,), frames from which decoding can start, ascending.
        time_base: Seconds of one unit of `pts`.
    """

    timed: bool
    pts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    decode_pts: NDArray[np.int64]
    keys: NDArray[np.int64]
    time_base: Fraction

    def __len__(self) -> int:
        return len(self.pts)

    def frame_at(self, pts: int | None) -> int | None:
        """The frame with exactly this time stamp, or None."""
        if pts is None:
            return None
        at = int(np.searchsorted(self.pts, pts))
        return at if at < len(self.pts) and self.pts[at] == pts else None

    def packet_at(self, pts: int | None) -> int | None:
        """The place in decoding order of the packet with this time stamp, or None."""
        hits = np.flatnonzero(self.decode_pts == pts) if pts is not None else np.empty(0, np.intp)
        return int(hits[0]) if len(hits) == 1 else None

    def key_before(self, frame: int) -> int:
        """The last frame at or before `frame` from which decoding can start; 0 where none is marked."""
        at = int(np.searchsorted(self.keys, frame, side="right")) - 1
        return int(self.keys[at]) if at >= 0 else 0

    def rate(self) -> tuple[float | None, bool]:
        """Mean frames per second, and whether the rate varies.

        It varies where a step is off by more than a quarter of the median step (a dropped frame), or where an
        even grid of times strays from the real ones by more than half a step (a drift); then the frame at
        time t is not round(t * fps).
        """
        if not self.timed or len(self.pts) < 2:
            return None, False
        ticks = (self.pts - self.pts[0]).astype(np.float64)
        steps = np.diff(ticks)
        mean = ticks[-1] / (len(ticks) - 1)
        # A time base as coarse as a millisecond rounds each step by up to one tick.
        slack = max(0.25 * float(np.median(steps)), 1.5)
        uneven = bool((np.abs(steps - np.median(steps)) > slack).any())
        drift = np.abs(ticks - mean * np.arange(len(ticks)))
        return 1.0 / (mean * float(self.time_base)), uneven or bool(drift.max() > max(0.5 * mean, 1.5))


def index_packets(path: Path, container: InputContainer, stream: VideoStream) -> PacketIndex:
    """Read every packet of `stream` once, without decoding.

    Packets that an edit list hides (before the start, or cut away) are decoded later but are no frames.

    Raises:
        BadVideo: The file ends early, a packet is incomplete or empty, or there is none.
    """
    import av

    rows: list[tuple[int, int, bool, bool]] = []  # pts, size, key, hidden
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                if packet.dts is not None:
                    raise BadVideo(
                        path,
                        f"packet {len(rows)} is empty: the recorder marked a dropped frame.",
                        "Write every frame out: ffmpeg -i FILE -c:v libx264 -crf 16 -fps_mode cfr NEW.mp4",
                    )
                continue  # the empty packet with which av ends a stream
            if packet.is_corrupt:
                raise BadVideo(path, f"packet {len(rows)} is incomplete.", _COPY_AGAIN, packet=len(rows))
            pts = NO_PTS if packet.pts is None else packet.pts
            rows.append((pts, packet.size, packet.is_keyframe, packet.is_discard))
    except (av.FFmpegError, OSError) as error:
        raise BadVideo(path, f"cannot be read past packet {len(rows)} ({error}).", _COPY_AGAIN) from error
    _check_complete(path, container, stream, rows)
    # AVI stores no time of presentation: with reordered frames FFmpeg guesses, and otherwise after each seek.
    guessed = container.format.name == "avi" and stream.codec_context.has_b_frames
    return _ordered(rows, stream.time_base or Fraction(1), trusted=not guessed)


def _ordered(rows: list[tuple[int, int, bool, bool]], time_base: Fraction, *, trusted: bool) -> PacketIndex:
    pts, sizes, key, hidden = (np.array(column) for column in zip(*rows, strict=True))
    timed = trusted and bool((pts != NO_PTS).all()) and len(np.unique(pts)) == len(pts)
    shown = ~hidden
    if timed:
        order = np.argsort(pts[shown], kind="stable")
        frames, keys = pts[shown][order], np.flatnonzero(key[shown][order])
    else:
        frames, keys = np.full(int(shown.sum()), NO_PTS), np.zeros(1, np.int64)
    return PacketIndex(
        timed=timed,
        pts=frames.astype(np.int64),
        sizes=sizes.astype(np.int64),
        decode_pts=pts.astype(np.int64),
        keys=keys.astype(np.int64),
        time_base=time_base,
    )


def _check_complete(
    path: Path, container: InputContainer, stream: VideoStream, rows: list[tuple[int, int, bool, bool]]
) -> None:
    """Compare what was found with what the file says of itself, where its format says it."""
    found = len(rows)
    if not any(not hidden for *_, hidden in rows):
        raise BadVideo(path, "holds no frame.", _COPY_AGAIN)
    formats = container.format.name.split(",")
    # The sample table of MP4 after its edit list; the header of AVI. Other formats keep no count.
    promised = len(stream.index_entries) if "mov" in formats else stream.frames if "avi" in formats else 0
    if found < promised:
        raise BadVideo(
            path,
            f"its header promises {promised} frames, and the file ends after {found}: it was cut short.",
            _COPY_AGAIN,
            promised=promised,
            found=found,
        )
    if "matroska" in formats:
        _check_segment(path, found)
    # Files whose segment has no size are known by their length in time, if they have one; with sound it is
    # the longest stream's, and the pictures may end before it.
    if "matroska" in formats and len(container.streams) == 1 and container.duration and stream.time_base:
        end = max(pts for pts, *_ in rows) * stream.time_base
        missing = float(Fraction(container.duration, 1_000_000) - end)
        if missing > 1.0 + 2.0 * float(end) / max(found, 1):
            raise BadVideo(
                path,
                f"its header promises {container.duration / 1e6:.2f} s, and the frames end at "
                f"{float(end):.2f} s: it was cut short or is damaged after frame {found - 1}.",
                _COPY_AGAIN,
                found=found,
            )


def _check_segment(path: Path, found: int) -> None:
    """Refuse a Matroska file that ends before it says, whatever streams it holds."""
    promised, size = segment_end(path), path.stat().st_size
    if promised is not None and promised > size:
        raise BadVideo(
            path,
            f"its header promises {promised} bytes, and it has {size}: it was cut short, "
            f"after frame {found - 1}.",
            _COPY_AGAIN,
            promised_bytes=promised,
            found=found,
        )
