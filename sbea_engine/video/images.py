"""A folder of image files, or one image file, read as frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.video.container import check_file, check_size, is_folder
from sbea_engine.video.errors import BadVideo
from sbea_engine.video.info import FramesInfo

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")  # by content; the name alone is not believed
_SAVE_AGAIN = "Save it again as PNG or JPEG, or take it out of the folder."
_EXIF_ORIENTATION, _EXIF_SIDEWAYS = 0x0112, (5, 6, 7, 8)


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key in which `img2.png` comes before `img10.png`, regardless of case and leading zeros."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return (*((0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts), (2, 0, name))


def list_images(folder: Path) -> list[Path]:
    """The image files directly in `folder` in natural order, without hidden ones.

    Raises:
        BadVideo: The folder cannot be listed, or holds no image.
    """
    try:
        files = [f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith(".")]
    except OSError as error:
        raise BadVideo(folder, f"cannot be listed ({error.strerror}).", "Check its permissions.") from error
    if not files:
        raise BadVideo(
            folder,
            "is a folder without images.",
            f"Put images ({', '.join(sorted(SUFFIXES))}) directly into it, or choose a video file.",
        )
    return sorted(files, key=lambda f: natural_order(f.name))


@contextmanager
def _opened(file: Path) -> Iterator[Image]:
    """One image with its header read and found harmless; `BadVideo` naming the file otherwise."""
    import PIL.Image

    check_file(file)
    try:
        with PIL.Image.open(file, formats=FORMATS) as image:
            check_size(file, *image.size)
            if getattr(image, "n_frames", 1) != 1:
                raise BadVideo(file, "holds several pictures in one file.", "Save one picture a file.")
            yield image
    except BadVideo:
        raise
    except PIL.Image.DecompressionBombError as error:
        raise BadVideo(file, "claims an absurd size.", _SAVE_AGAIN) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow raises on damage
        raise BadVideo(file, f"is not an image that can be read ({error}).", _SAVE_AGAIN) from error


def _upright_size(image: Image) -> tuple[int, int]:
    turned = image.getexif().get(_EXIF_ORIENTATION) in _EXIF_SIDEWAYS
    return (image.height, image.width) if turned else (image.width, image.height)


def read_image(file: Path) -> NDArray[np.uint8]:
    """One image file as upright uint8 (H, W, 3) RGB.

    Grey is repeated, 16 bits become the upper 8, transparency is dropped, the EXIF orientation is applied.
    """
    import PIL.ImageOps

    with _opened(file) as image:
        upright = PIL.ImageOps.exif_transpose(image)
        if upright.mode.startswith("I") or upright.mode == "F":
            return _wide_grey(file, np.asarray(upright))
        return np.array(upright.convert("RGB"), dtype=np.uint8)


def _wide_grey(file: Path, grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    if grey.dtype.kind not in "iu" or grey.min() < 0 or grey.max() > np.iinfo(np.uint16).max:
        raise BadVideo(file, "has pixels beyond 16 bits.", _SAVE_AGAIN)
    eight = (grey.astype(np.uint16) >> 8).astype(np.uint8)
    return np.repeat(eight[..., None], 3, axis=2)


class ImageSequenceReader:
    """Frames that are image files: a folder in natural order, or a single file."""

    def __init__(self, path: Path) -> None:
        """List the images and read every header.

        Raises:
            BadVideo: No image there, an unreadable one, or one of another size than the first.
        """
        self.path = path
        self._files = list_images(path) if is_folder(path) else [path]
        with _opened(self._files[0]) as image:
            size, codec = _upright_size(image), (image.format or "").lower()
        for file in self._files[1:]:
            with _opened(file) as image:
                if _upright_size(image) != size:
                    raise self._other_size(file, _upright_size(image), size)
        self.info = FramesInfo(
            frame_count=len(self._files),
            width=size[0],
            height=size[1],
            fps=None,
            kind="images",
            codec=codec,
            variable_rate=False,
            rotation=0,
            names=tuple(f.name for f in self._files),
        )

    def _other_size(self, file: Path, got: tuple[int, int], size: tuple[int, int]) -> BadVideo:
        return BadVideo(
            file,
            f"is {got[0]} x {got[1]} pixels, the first image of the folder {size[0]} x {size[1]}.",
            "Put images of different sizes into different folders.",
        )

    def read(self, index: int) -> NDArray[np.uint8]:
        """Frame `index`, upright, uint8 (H, W, 3) RGB; `BadVideo` where there is none or it is damaged."""
        if not 0 <= index < len(self._files):
            raise BadVideo(
                self.path,
                f"has no frame {index}; its frames are 0 to {len(self._files) - 1}.",
                "Check which folder the frame number belongs to.",
                frame=index,
            )
        picture = read_image(self._files[index])
        if picture.shape != (self.info.height, self.info.width, 3):
            raise self._other_size(
                self._files[index], (picture.shape[1], picture.shape[0]), (self.info.width, self.info.height)
            )
        return picture

    def iterate(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (index, frame) for `range(start, stop, step)`; errors as `read`."""
        for index in range(start, len(self._files) if stop is None else stop, step):
            yield index, self.read(index)

    def close(self) -> None:
        """Nothing is kept open between reads."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
