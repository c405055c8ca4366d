"""Calibration boards as OpenCV knows them: a checkerboard, or one with markers in its white squares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

Floats = NDArray[np.float32]
BOARD_KINDS = ("charuco", "checkerboard")
MARKER_SHARE = 0.74  # of a square's side
INK, PAPER = 0.035, 0.82
QUIET_SQUARES = 0.35  # paper around the pattern, in squares


class BadBoard(BadInput):
    """A calibration board cannot be made."""

    code = "bad_board"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A flat printed board. Its x runs to the right, its y down, its z into the paper, as in OpenCV.

    Attributes:
        squares: Columns and rows of squares; the square at the origin is black.
        square_mm: Side of a square.
        marker_mm: Side of a marker, None for a plain checkerboard.
        dictionary: OpenCV's name of the markers' dictionary, None for a plain checkerboard.
    """

    kind: Literal["charuco", "checkerboard"]
    squares: tuple[int, int]
    square_mm: float
    marker_mm: float | None = None
    dictionary: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in BOARD_KINDS:
            raise BadBoard(f"A board is one of {', '.join(BOARD_KINDS)}, got {self.kind!r}.")
        if min(self.squares) < 3 or max(self.squares) > 40 or not self.square_mm > 0:
            raise BadBoard(
                f"A board has 3 to 40 squares a side and squares above 0 mm, got {self.squares} of "
                f"{self.square_mm} mm."
            )
        marked = self.marker_mm is not None and self.dictionary is not None
        if (self.kind == "charuco") != marked or (self.marker_mm or 0) >= self.square_mm:
            raise BadBoard(
                f"A charuco board needs a dictionary and markers smaller than its squares, a checkerboard "
                f"neither; got {self.marker_mm} mm and {self.dictionary!r}."
            )

    @classmethod
    def fitting(cls, kind: Literal["charuco", "checkerboard"], width_mm: float) -> Self:
        """A board of about a width, of a kind that has one way up."""
        squares = (7, 5) if kind == "charuco" else (9, 6)
        square = round(2 * width_mm / squares[0]) / 2
        if kind == "checkerboard":
            return cls(kind=kind, squares=squares, square_mm=square)
        marker = round(MARKER_SHARE * square, 2)
        return cls(kind=kind, squares=squares, square_mm=square, marker_mm=marker, dictionary="DICT_4X4_50")

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """(corner, 3): the inner corners, row by row, in OpenCV's order."""
        columns, rows = self.squares
        y, x = np.mgrid[1:rows, 1:columns] * self.square_mm
        return np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)

    @property
    def sheet_mm(self) -> NDArray[np.float64]:
        """(2, 2): low and high x and y of the sheet with the paper around the pattern."""
        quiet = QUIET_SQUARES * self.square_mm
        return np.array([[-quiet, -quiet], np.array(self.squares) * self.square_mm + quiet])

    def marker_bits(self) -> NDArray[np.bool_]:
        """(marker, side, side): which modules of each marker are white, border included; (0, 1, 1) for none.

        Raises:
            BadBoard: OpenCV has no such dictionary, or too few markers in it.
        """
        if self.dictionary is None:
            return np.zeros((0, 1, 1), np.bool_)
        from cv2 import aruco  # only a board with markers needs it

        code = getattr(aruco, self.dictionary, None)
        if not self.dictionary.startswith("DICT_") or code is None:
            raise BadBoard(f"OpenCV has no dictionary {self.dictionary!r}; one is DICT_4X4_50.")
        dictionary = aruco.getPredefinedDictionary(code)
        wanted, there = self.squares[0] * self.squares[1] // 2, len(dictionary.bytesList)
        if wanted > there:
            raise BadBoard(f"The board needs {wanted} markers, but {self.dictionary} has {there}.")
        side = dictionary.markerSize + 2
        images = [aruco.generateImageMarker(dictionary, i, side) for i in range(wanted)]
        return np.stack(images) > 127

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return asdict(self) | {"squares": list(self.squares)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadBoard` with what is wrong."""
        try:
            columns, rows = (int(n) for n in data["squares"])
            marker, dictionary = data.get("marker_mm"), data.get("dictionary")
            return cls(
                kind=data["kind"],
                squares=(columns, rows),
                square_mm=float(data["square_mm"]),
                marker_mm=None if marker is None else float(marker),
                dictionary=None if dictionary is None else str(dictionary),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadBoard(f"A board needs kind, squares and square_mm: {error!r}.") from error


class Print:
    """The printed pattern of a board, looked up at points; exact, whatever the resolution."""

    def __init__(self, board: Board) -> None:
        self.board, self._bits = board, board.marker_bits()
        columns, rows = board.squares
        white = (np.arange(columns) + np.arange(rows)[:, None]) % 2 == 1
        self._marker = np.where(white, np.cumsum(white.ravel()).reshape(white.shape) - 1, -1)

    def at(self, x_mm: Floats, y_mm: Floats) -> Floats:
        """Reflectance (n,) at points of the sheet, NaN beside it."""
        board, (columns, rows) = self.board, self.board.squares
        (x0, y0), (x1, y1) = board.sheet_mm
        tone = np.full(x_mm.shape, np.nan, np.float32)
        tone[(x_mm >= x0) & (x_mm < x1) & (y_mm >= y0) & (y_mm < y1)] = PAPER
        u, v = x_mm / np.float32(board.square_mm), y_mm / np.float32(board.square_mm)
        rows_of = np.flatnonzero((u >= 0) & (u < columns) & (v >= 0) & (v < rows))
        u, v = u[rows_of], v[rows_of]
        column, row = u.astype(np.intp), v.astype(np.intp)
        marker = self._marker[row, column]
        ink = marker < 0
        if board.marker_mm is not None:
            share, side = board.marker_mm / board.square_mm, self._bits.shape[1]
            cell = np.floor(((np.stack([u - column, v - row]) - 0.5) / share + 0.5) * side).astype(np.intp)
            on = ~ink & (cell >= 0).all(0) & (cell < side).all(0)
            ink[on] = ~self._bits[marker[on], cell[1, on], cell[0, on]]
        tone[rows_of[ink]] = INK
        return tone
