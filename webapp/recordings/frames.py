"""Single frames as JPEG or WebP: the one place of the web process that decodes pixels.

Decoding runs in a small pool of threads, so that a burst of requests can neither take the process's memory
nor its event loop, and PyAV is imported by the first frame that is asked for, not at start.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from webapp.api.errors import AppError, Invalid, NotFound

if TYPE_CHECKING:
    from sbea_engine.video.proxy_files import ProxyInfo

ImageFormat = Literal["jpeg", "webp"]

# Widths that a frame may be asked for in; a fixed ladder keeps caches small and resizing bounded.
FRAME_WIDTHS = (160, 320, 640, 960, 1280, 1920)
WORKERS = 2
MAX_WAITING = 36
CACHE_BYTES = 64 * 1024 * 1024
QUALITY: dict[ImageFormat, int] = {"jpeg": 88, "webp": 82}


class FramesBusy(AppError):
    """More frames are asked for than can be decoded; ask again in a moment."""

    code, status, permanent = "frames_busy", 503, False


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameKey:
    """Names the exact bytes of one encoded frame."""

    folder: Path
    version: str
    index: int
    width: int | None
    format: ImageFormat


class ByteCache:
    """Least recently used values, bounded by their size. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._values: OrderedDict[FrameKey, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: FrameKey) -> bytes | None:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: FrameKey, value: bytes) -> None:
        if len(value) > self._limit:
            return
        with self._lock:
            self._size += len(value) - len(self._values.pop(key, b""))
            self._values[key] = value
            while self._size > self._limit:
                _, dropped = self._values.popitem(last=False)
                self._size -= len(dropped)


class FramePool:
    """Encoded frames from proxies: cached, else decoded by one of few threads."""

    def __init__(
        self, *, workers: int = WORKERS, waiting: int = MAX_WAITING, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="frames")
        self._free = threading.BoundedSemaphore(workers + waiting)
        self._cache = ByteCache(cache_bytes)

    async def get(self, key: FrameKey) -> bytes:
        """The encoded frame.

        Raises:
            FramesBusy: Too many requests are waiting already.
        """
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        if not self._free.acquire(blocking=False):
            raise FramesBusy("The server is decoding as many frames as it can. Ask again in a moment.")
        try:
            # A request that was given up while it waited is dropped before it costs a decode.
            return await asyncio.wrap_future(self._threads.submit(self._encode, key))
        finally:
            self._free.release()

    def _encode(self, key: FrameKey) -> bytes:
        from sbea_engine.video.pictures import decode_frame, encode_image

        cached = self._cache.get(key)  # a request just before this one may have wanted the same
        if cached is not None:
            return cached
        pixels = decode_frame(
            key.folder, key.index, max_width=key.width, info=_proxy_info(key.folder, key.version)
        )
        encoded = encode_image(pixels, key.format, QUALITY[key.format])
        self._cache.put(key, encoded)
        return encoded


def frame_key(
    *, folder: Path, version: str, index: int, frame_count: int, width: int | None, extension: str
) -> FrameKey:
    """Check what a request asks for.

    Raises:
        NotFound: The video has no such frame.
        Invalid: A width that is not on the ladder.
    """
    if not 0 <= index < frame_count:
        raise NotFound("frame")
    if width is not None and width not in FRAME_WIDTHS:
        raise Invalid(f"Frames come in widths {', '.join(map(str, FRAME_WIDTHS))}, or whole without `width`.")
    return FrameKey(
        folder=folder,
        version=version,
        index=index,
        width=width,
        format="webp" if extension == "webp" else "jpeg",
    )


@lru_cache(maxsize=64)
def _proxy_info(folder: Path, version: str) -> ProxyInfo:
    """What describes the proxy, read once: a version never changes."""
    from sbea_engine.video.proxy_files import load_proxy

    return load_proxy(folder)


pool = FramePool()
