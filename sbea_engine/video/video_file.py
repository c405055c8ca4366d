"""Frame-exact reading of a video file: a frame is its place in presentation order, never a time.

Seeking in a media library is by time and lands where it can. Here the packets are listed once, a seek goes to
the key frame before the wanted frame, and every packet and picture that comes back is checked against that
list. So either the frame of that index is returned, or there is an error that names it.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.video.container import check_size, open_container
from sbea_engine.video.errors import BadVideo
from sbea_engine.video.info import FramesInfo
from sbea_engine.video.orientation import OddAngleError, orientation_of
from sbea_engine.video.packets import PacketIndex, index_packets

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

RING_FRAMES = 16
RING_BYTES = 96 << 20
SEEK_ATTEMPTS = 3
SEEK_COST_FRAMES = 3  # decoding on costs less than a seek to a key frame that is at most so far ahead

_DAMAGED = "Copy the file again; if the original is damaged, cut that part away or record again."


class _MisplacedError(Exception):
    """What came after a seek is not what the packet list says; nothing wrong was returned yet."""


class VideoReader:
    """Random and sequential access to the frames of one video file. Not for use by two threads at once.

    Attributes:
        path: The file.
        info: Size (upright), count, rate, codec.
        index: The packet list.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` and read its packets once, and decode its first frame.

        Raises:
            BadVideo: See `open_container` and `index_packets`; or the first frame is damaged.
        """
        self.path = path
        self._ring: OrderedDict[int, VideoFrame] = OrderedDict()
        self._container, stream = open_container(path)
        try:
            self.index: PacketIndex = index_packets(path, self._container, stream)
            self._restart()
            self._describe(self._advance_to(0))
        except BaseException:
            self._container.close()
            raise

    def _describe(self, first: VideoFrame) -> None:
        check_size(self.path, first.width, first.height)
        try:
            self.orientation = orientation_of(first)
        except OddAngleError as error:
            raise BadVideo(
                self.path,
                f"its pictures are to be shown at an angle that is no quarter turn ({error}).",
                "Write it upright: ffmpeg -i FILE -c:v libx264 -crf 16 -fps_mode passthrough NEW.mp4",
            ) from error
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._stored = (first.width, first.height)
        self._ring_size = max(2, min(RING_FRAMES, RING_BYTES // max(1, first.width * first.height * 2)))
        fps, variable = self.index.rate()
        nominal = self._stream.average_rate
        if nominal and (fps is None or (not variable and math.isclose(fps, nominal, rel_tol=1e-3))):
            fps = float(nominal)  # exact where the measured rate only suffers from a coarse time base
        width, height = self.orientation.size(*self._stored)
        self.info = FramesInfo(
            frame_count=len(self.index),
            width=width,
            height=height,
            fps=fps,
            kind="video",
            codec=self._stream.codec_context.name,
            variable_rate=variable,
            rotation=self.orientation.rotation,
            names=None,
        )

    @property
    def stream(self) -> VideoStream:
        """The stream that is being read, for what `info` does not hold."""
        return self._stream

    def read(self, index: int) -> NDArray[np.uint8]:
        """Frame `index`, upright, uint8 (H, W, 3) RGB; the caller owns the array.

        Raises:
            BadVideo: There is no such frame, or it cannot be decoded without damage.
        """
        return self.to_rgb(self.read_picture(index))

    def iterate(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (index, frame) for `range(start, stop, step)`; errors as `read`.

        Where the last frame of the file is reached, it is also checked that nothing follows it.
        """
        for index, picture in self.iterate_pictures(start, stop, step):
            yield index, self.to_rgb(picture)

    def iterate_pictures(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, VideoFrame]]:
        """As `iterate`, of pictures as the decoder gave them: stored orientation and pixel format."""
        count = len(self.index)
        for index in range(start, count if stop is None else stop, step):
            yield index, self.read_picture(index)
            if index == count - 1 and self._at == index:
                self._expect_end()

    def to_rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """A decoded picture as upright uint8 (H, W, 3) RGB."""
        rgb = self._reformatter.reformat(picture, format="rgb24")
        pixels = _pixels_of(rgb)
        # A picture that is RGB already is handed through, and is still in the ring.
        return self.orientation.apply(pixels.copy() if rgb is picture else pixels)

    def read_picture(self, index: int) -> VideoFrame:
        """Frame `index` as the decoder gave it; errors as `read`."""
        if not 0 <= index < len(self.index):
            raise BadVideo(
                self.path,
                f"has no frame {index}; its frames are 0 to {len(self.index) - 1}.",
                "Check which video the frame number belongs to.",
                frame=index,
            )
        if index in self._ring:
            self._ring.move_to_end(index)
            return self._ring[index]
        try:
            return self._reach(index)
        except BadVideo:
            self._at = len(self.index)  # after damage a decoder cannot be read on: the next call must seek
            raise

    def near_key(self, index: int, within: int) -> int:
        """The key frame nearest to `index`, which is quick to decode, or `index` where none is `within`."""
        at = int(np.searchsorted(self.index.keys, index))
        near = self.index.keys[max(0, at - 1) : at + 1]
        best = int(near[np.abs(near - index).argmin()]) if len(near) else index
        return best if abs(best - index) <= within else index

    # Where decoding stands: `_at` is the last frame that came, `_packet` the next packet in decoding order.
    # Frames before `_from`, a key frame, are dropped, and so are their errors: they lead an open group of
    # pictures, and what they were predicted from was not decoded; or they only lead up to the key frame.

    def _restart(self) -> None:
        """Begin again at the start of the file, which works for every format."""
        self._container.close()
        self._container, self._stream = open_container(self.path)
        self._begin(self._container.demux(self._stream), packet=0, key=0, sought=False)

    def _begin(self, packets: Iterator[Packet[VideoStream]], *, packet: int, key: int, sought: bool) -> None:
        self._packets, self._sought = packets, sought
        self._waiting: deque[VideoFrame] = deque()
        self._packet, self._from, self._at = packet, key, key - 1
        self._ended = False

    def _reach(self, index: int) -> VideoFrame:
        """Read on to `index` where it is not far ahead, else seek."""
        if not (self._at < index and self.index.key_before(index) <= self._at + SEEK_COST_FRAMES):
            return self._seek(index)
        try:
            return self._advance_to(index)
        except _MisplacedError:
            self._restart()
            return self._advance_to(index)

    def _seek(self, index: int) -> VideoFrame:
        """Decode `index` from a key frame before it, or from the start where the format lands on none."""
        wanted = aim = self.index.key_before(index)
        for _ in range(SEEK_ATTEMPTS if self.index.timed else 0):
            try:
                self._land(aim, wanted)
                return self._advance_to(index)
            except _MisplacedError:
                aim = self.index.key_before(max(0, aim - 1))
        self._restart()
        return self._advance_to(index)

    def _land(self, aim: int, wanted: int) -> None:
        """Seek to the time of key frame `aim`, so that decoding starts with a key frame up to `wanted`.

        Two numbers, since MPEG transport streams are searched by decoding time and land after the key frame
        aimed at; and since the first frames of an open group tell the decoder to forget pictures from before
        it, which is an error where it never had them: a start one group early gives it those.
        """
        import av

        try:
            self._container.seek(int(self.index.pts[aim]), stream=self._stream)
            packets = self._container.demux(self._stream)
            first = next((p for p in packets if p.size and p.is_keyframe), None)
        except (av.FFmpegError, OSError) as error:
            raise _MisplacedError from error
        place = self.index.packet_at(first.pts) if first is not None else None
        landed = self.index.frame_at(first.pts) if first is not None else None
        if first is None or place is None or landed is None or landed > wanted:
            raise _MisplacedError
        self._begin(packets, packet=place, key=wanted, sought=True)
        self._decode(first)

    def _advance_to(self, index: int) -> VideoFrame:
        while True:
            frame = self._next()
            if frame is None:
                if self._sought:
                    raise _MisplacedError
                raise self._missing(self._at + 1)
            if self._at == index:
                return frame

    def _next(self) -> VideoFrame | None:
        """The next frame in order of presentation, kept in the ring; None at the end."""
        while not self._waiting:
            if not self._pull():
                return None
        frame = self._waiting.popleft()
        expected = self._at + 1
        got = self.index.frame_at(frame.pts) if self.index.timed else expected
        if got is None or got != expected or got >= len(self.index):
            if self._sought:
                raise _MisplacedError  # damage, or no entry here in this format: only the start will tell
            raise self._missing(expected)
        if frame.is_corrupt:
            if self._sought:
                raise _MisplacedError
            raise self._damaged(expected)
        if expected and (frame.width, frame.height) != self._stored:
            raise BadVideo(
                self.path,
                f"frame {expected} is {frame.width} x {frame.height} pixels, the frames before it "
                f"{self._stored[0]} x {self._stored[1]}.",
                "Cut the file where the size changes.",
                frame=expected,
            )
        self._at = expected
        self._ring[expected] = frame
        if expected and len(self._ring) > self._ring_size:
            self._ring.popitem(last=False)
        return frame

    def _pull(self) -> bool:
        """Decode one more packet; False once everything was read and drained."""
        import av

        if self._ended:
            return False
        try:
            packet = next(self._packets, None)
        except (av.FFmpegError, OSError) as error:
            raise self._damaged(self._at + 1) from error
        if packet is None:
            self._ended = True
            return False
        self._decode(packet)
        return True

    def _decode(self, packet: Packet[VideoStream]) -> None:
        import av

        rank = self._packet
        if packet.size:
            self._check_packet(packet, rank)
            self._packet += 1
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError) as error:
            of = self.index.frame_at(packet.pts) if self.index.timed else rank
            if of is not None and of < self._from:
                return
            if self._sought:
                raise _MisplacedError from error  # damage, or a reference to what was before the place sought
            raise self._damaged(self._at + 1 if of is None else of) from error
        first = self.index.pts[self._from] if self.index.timed else 0
        self._waiting.extend(
            f for f in frames if not self.index.timed or f.pts is None or self._from == 0 or f.pts >= first
        )

    def _check_packet(self, packet: Packet[VideoStream], rank: int) -> None:
        index = self.index
        same = rank < len(index.sizes) and packet.size == index.sizes[rank]
        if same and (not index.timed or packet.pts == index.decode_pts[rank]):
            return
        if self._sought:
            raise _MisplacedError  # some formats stamp packets differently after a seek
        raise BadVideo(
            self.path,
            f"packet {rank} is not the one that was there at first: the file is being written.",
            "Wait until recording or copying has finished.",
        )

    def _expect_end(self) -> None:
        while not self._waiting:
            if not self._pull():
                return
        raise BadVideo(
            self.path,
            f"decodes to more frames than the {len(self.index)} packets that it holds.",
            "Write it anew: ffmpeg -i FILE -c:v libx264 -crf 16 -fps_mode passthrough NEW.mp4",
        )

    def _damaged(self, frame: int) -> BadVideo:
        which = "" if self.index.timed else ", or one within a few of it,"  # known by its packet alone
        return BadVideo(
            self.path, f"frame {frame}{which} is damaged and cannot be decoded.", _DAMAGED, frame=frame
        )

    def _missing(self, frame: int) -> BadVideo:
        return BadVideo(
            self.path,
            f"frame {frame} did not come out of the decoder, though its packet is there "
            f"({len(self.index)} packets in all).",
            _DAMAGED,
            frame=frame,
        )

    def close(self) -> None:
        """Release the file; the reader cannot be used afterwards."""
        self._ring.clear()
        self._waiting.clear()
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _pixels_of(rgb: VideoFrame) -> NDArray[np.uint8]:
    """(H, W, 3) of a picture in RGB: its own memory, which stays as long as the array does. Copying it line
    by line, as the library would, takes half as long as decoding it."""
    (plane,) = rgb.planes
    memory: NDArray[np.uint8] = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # it is a buffer
    lines = memory[: rgb.height * plane.line_size].reshape(rgb.height, plane.line_size)
    return lines[:, : rgb.width * 3].reshape(rgb.height, rgb.width, 3)
