"""The four files of a proxy folder: names, layout, reading and checking."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.video.errors import BadVideo
from sbea_engine.video.info import SourceKind

FORMAT = "sbea-proxy/1"
MOVIE, INDEX, DOCUMENT, POSTER = "proxy.mp4", "frames.bin", "proxy.json", "poster.jpg"
RECORD = np.dtype([("offset", "<u8"), ("size", "<u4"), ("key", "<u4"), ("source_pts", "<i8")])

_AGAIN = "Make the proxy again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySource:
    """What a proxy was made from.

    Attributes:
        path: Where the source lay then.
        size_bytes: Its size.
        fingerprint: See `fingerprint.fingerprint`.
        codec, kind, fps, variable_rate, rotation, names: As in `FramesInfo`.
        time_base: Seconds of one unit of `source_pts`, as numerator and denominator; None for images.
    """

    path: str
    size_bytes: int
    fingerprint: str
    codec: str
    kind: SourceKind
    fps: float | None
    variable_rate: bool
    rotation: int
    names: tuple[str, ...] | None
    time_base: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyInfo:
    """What a player needs to know of a proxy, beside its sample table.

    Attributes:
        frame_count: Frames, one for each frame of the source.
        width, height: Size of the upright source in pixels.
        coded_width, coded_height: Size of the coded pictures: even, up to one pixel larger right and below.
        fps: Rate of the time stamps in the proxy, for playing; the real rate is `source.fps`.
        codec: Codec string for WebCodecs, "avc1.PPCCLL".
        description: The AVC decoder configuration record (avcC), for WebCodecs.
        gop: Every `gop`-th frame is a key frame, and no other.
        source: What it was made from.
        size_bytes, sha256: Of the movie file.
    """

    frame_count: int
    width: int
    height: int
    coded_width: int
    coded_height: int
    fps: float
    codec: str
    description: bytes
    gop: int
    source: ProxySource
    size_bytes: int
    sha256: str

    @property
    def description_base64(self) -> str:
        return base64.b64encode(self.description).decode("ascii")

    def to_dict(self) -> dict[str, Any]:
        """The content of `proxy.json`."""
        source = self.source
        return {
            "format": FORMAT,
            "frame_count": self.frame_count,
            "width": self.width,
            "height": self.height,
            "coded_width": self.coded_width,
            "coded_height": self.coded_height,
            "fps": self.fps,
            "codec": self.codec,
            "description_base64": self.description_base64,
            "gop": self.gop,
            "source": {
                "path": source.path,
                "size_bytes": source.size_bytes,
                "fingerprint": source.fingerprint,
                "codec": source.codec,
                "kind": source.kind,
                "fps": source.fps,
                "variable_rate": source.variable_rate,
                "rotation": source.rotation,
                "names": None if source.names is None else list(source.names),
                "time_base": None if source.time_base is None else list(source.time_base),
            },
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; raises `KeyError`, `TypeError` or `ValueError` where it is none."""
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r}, expected {FORMAT!r}")
        source = dict(document["source"])
        for name in ("names", "time_base"):
            source[name] = None if source[name] is None else tuple(source[name])
        fields = {k: v for k, v in document.items() if k not in ("format", "source", "description_base64")}
        description = base64.b64decode(document["description_base64"], validate=True)
        info = cls(source=ProxySource(**source), description=description, **fields)
        if info.frame_count < 1 or info.gop < 1:
            raise ValueError(f"frame_count {info.frame_count} and gop {info.gop} must be positive")
        return info


def load_proxy(folder: Path) -> ProxyInfo:
    """Read `proxy.json` and check that the other files belong to it by their sizes.

    Raises:
        BadVideo: The folder holds no whole proxy.
    """
    file = folder / DOCUMENT
    try:
        info = ProxyInfo.from_dict(json.loads(file.read_text(encoding="utf-8")))
        sizes = {MOVIE: info.size_bytes, INDEX: info.frame_count * RECORD.itemsize}
        for name, size in sizes.items():
            found = (folder / name).stat().st_size
            if found != size:
                raise BadVideo(folder / name, f"has {found} bytes where {size} belong.", _AGAIN)
    except FileNotFoundError as error:
        raise BadVideo(folder, "holds no finished proxy.", _AGAIN) from error
    except OSError as error:
        raise BadVideo(folder, f"cannot be read ({error.strerror}).", "Check its permissions.") from error
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadVideo(file, f"is damaged ({error!r}).", _AGAIN) from error
    return info


def load_records(folder: Path, start: int = 0, stop: int | None = None) -> NDArray[np.void]:
    """Records `start .. stop - 1` of the sample table, dtype `RECORD`; `BadVideo` where there are fewer.

    `offset` and `size` are bytes of the sample in `proxy.mp4`, each sample one frame in length-prefixed AVC;
    `key` is 0 or 1; `source_pts` is the time stamp in the source in units of `source.time_base`, the lowest
    int64 where the source has none, and the index itself for images.
    """
    count = -1 if stop is None else stop - start
    try:
        records = np.fromfile(folder / INDEX, dtype=RECORD, count=count, offset=start * RECORD.itemsize)
    except OSError as error:
        raise BadVideo(folder / INDEX, f"cannot be read ({error.strerror}).", _AGAIN) from error
    if count >= 0 and len(records) != count:
        raise BadVideo(folder / INDEX, f"ends before record {stop}.", _AGAIN)
    return records
