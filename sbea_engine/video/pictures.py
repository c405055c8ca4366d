"""One frame of a proxy as an array or an image file, for a server that is asked for single frames."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine.video.errors import BadVideo
from sbea_engine.video.proxy_files import MOVIE, ProxyInfo, load_proxy, load_records

ImageFormat = Literal["jpeg", "webp"]


def decode_frame(
    folder: Path, index: int, *, max_width: int | None = None, info: ProxyInfo | None = None
) -> NDArray[np.uint8]:
    """Frame `index` of the proxy in `folder`, uint8 (H, W, 3) RGB.

    Reads the bytes from the key frame before it and decodes at most `gop` frames; opens no container and
    keeps nothing between calls.

    Args:
        folder: Where `make_proxy` wrote.
        index: Frame, 0-based.
        max_width: Shrink to at most so many pixels across, keeping the shape; never enlarges.
        info: What `load_proxy(folder)` returned, where the caller has it at hand.

    Raises:
        BadVideo: There is no such frame, or the proxy is damaged.
    """
    info = info or load_proxy(folder)
    if not 0 <= index < info.frame_count:
        raise BadVideo(
            folder,
            f"has no frame {index}; its frames are 0 to {info.frame_count - 1}.",
            "Ask for one of these.",
            frame=index,
        )
    start = max(0, index - info.gop + 1)
    records = load_records(folder, start, index + 1)
    keys = np.flatnonzero(records["key"])
    if not len(keys):
        raise BadVideo(folder, f"names no key frame for frame {index}.", "Make the proxy again.", frame=index)
    rgb = _decode_last(folder / MOVIE, info, records[keys[-1] :], index)
    return shrink(rgb[: info.height, : info.width], max_width)


def _decode_last(file: Path, info: ProxyInfo, records: NDArray[np.void], index: int) -> NDArray[np.uint8]:
    """Decode samples that begin with a key frame; the last picture, coded size."""
    import av

    context = av.CodecContext.create("h264", "r")
    context.extradata = info.description
    context.options = {"err_detect": "explode"}
    pictures = []
    try:
        with file.open("rb") as movie:
            for record in records:
                movie.seek(int(record["offset"]))
                data = movie.read(int(record["size"]))
                pictures += context.decode(av.Packet(data))
        pictures += context.decode(None)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadVideo(file, f"frame {index} is damaged.", "Make the proxy again.", frame=index) from error
    if len(pictures) != len(records) or pictures[-1].is_corrupt:
        raise BadVideo(file, f"frame {index} is damaged.", "Make the proxy again.", frame=index)
    return pictures[-1].to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def shrink(rgb: NDArray[np.uint8], max_width: int | None) -> NDArray[np.uint8]:
    """`rgb` (H, W, 3) at most `max_width` pixels across, each the mean of what it covers; contiguous."""
    height, width = rgb.shape[:2]
    if max_width is None or width <= max_width:
        return np.ascontiguousarray(rgb)
    import PIL.Image

    if max_width < 1:
        raise ValueError(f"max_width must be positive, got {max_width}.")
    size = (max_width, max(1, round(height * max_width / width)))
    image = PIL.Image.fromarray(np.ascontiguousarray(rgb))
    return np.array(image.resize(size, PIL.Image.Resampling.BOX))


def encode_image(rgb: NDArray[np.uint8], image_format: ImageFormat, quality: int = 85) -> bytes:
    """`rgb` uint8 (H, W, 3) as the bytes of a JPEG or WebP file; quality 1..100."""
    import PIL.Image

    if image_format not in ("jpeg", "webp"):
        raise ValueError(f"image_format must be 'jpeg' or 'webp', got {image_format!r}.")
    buffer = io.BytesIO()
    image = PIL.Image.fromarray(np.ascontiguousarray(rgb))
    if image_format == "jpeg":
        image.save(buffer, "JPEG", quality=quality)
    else:
        image.save(buffer, "WEBP", quality=quality, method=0)
    return buffer.getvalue()
