"""Coats, the noise that makes fur of them, and the floor of the arena. Colours are linear RGB, 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

Colour = tuple[float, float, float]
FLOOR_CELL_MM = 0.6
FLOOR_CELLS = 1500  # along the longer side, at most: a large floor is seen from far


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A spot of dye on the fur: where it lies on the resting body, how large, and its colour."""

    centre_mm: tuple[float, float, float]
    radius_mm: float
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Coat:
    """How an animal is coloured.

    Attributes:
        colours: By material; `fur` on the back, `belly` under it, and the materials of the body plan.
        mottle: Relative spread of brightness over patches of fur.
        sheen: Strength of the light that hairs throw back along their length.
        marks: Spots of dye on the fur.
    """

    colours: Mapping[str, Colour]
    mottle: float = 0.22
    sheen: float = 0.1
    marks: tuple[Mark, ...] = ()

    def colour(self, material: str) -> Colour:
        """The colour of a material; a material that the coat does not name is grey skin."""
        return self.colours.get(material, (0.3, 0.27, 0.25))


_PINK: dict[str, Colour] = {
    "skin": (0.50, 0.29, 0.25),
    "tail": (0.36, 0.24, 0.21),
    "nose": (0.42, 0.22, 0.20),
    "ear": (0.24, 0.16, 0.14),
    "inner ear": (0.43, 0.25, 0.22),
    "eye": (0.004, 0.004, 0.005),
}

COATS: dict[str, Coat] = {
    "black": Coat(
        colours=_PINK
        | {
            "fur": (0.036, 0.031, 0.028),
            "belly": (0.062, 0.055, 0.050),
            "tail": (0.20, 0.145, 0.13),
            "ear": (0.10, 0.07, 0.063),
            "inner ear": (0.20, 0.128, 0.115),
        },
        mottle=0.16,
        sheen=0.05,
    ),
    "agouti": Coat(
        colours=_PINK | {"fur": (0.125, 0.083, 0.050), "belly": (0.30, 0.25, 0.19)}, mottle=0.22, sheen=0.05
    ),
    "pigeon": Coat(
        colours=_PINK
        | {
            "fur": (0.17, 0.19, 0.23),
            "belly": (0.24, 0.26, 0.30),
            "tail": (0.07, 0.075, 0.085),
            "leg": (0.40, 0.12, 0.10),
            "beak": (0.06, 0.055, 0.05),
            "eye": (0.35, 0.12, 0.01),
        },
        mottle=0.16,
        sheen=0.06,
    ),
    "golden": Coat(
        colours=_PINK
        | {
            "fur": (0.36, 0.22, 0.10),
            "belly": (0.48, 0.36, 0.23),
            "tail": (0.38, 0.24, 0.12),
            "ear": (0.24, 0.14, 0.065),
            "nose": (0.02, 0.018, 0.017),
        },
        mottle=0.15,
        sheen=0.06,
    ),
    "albino": Coat(
        colours=_PINK
        | {
            "fur": (0.70, 0.67, 0.62),
            "belly": (0.72, 0.69, 0.65),
            "ear": (0.58, 0.38, 0.34),
            "inner ear": (0.62, 0.38, 0.34),
            "tail": (0.58, 0.40, 0.36),
            "eye": (0.22, 0.012, 0.02),
        },
        mottle=0.07,
        sheen=0.05,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FurNoise:
    """Noise in a cube that repeats, looked up by position on the resting body.

    Attributes:
        cell_mm: Size of a cell along the body's x (hairs run that way), y and z.
        value: float32 (n, n, n) of zero mean and unit spread.
        tilt: float32 (3, n, n, n), how hairs lean the surface normal.
    """

    value: NDArray[np.float32] = field(repr=False)
    tilt: NDArray[np.float32] = field(repr=False)
    cell_mm: tuple[float, float, float] = (0.5, 0.3, 0.3)

    @classmethod
    @cache
    def make(cls) -> FurNoise:
        """The same fur for every animal: fine hair over broad patches; sides are powers of two."""
        rng = np.random.default_rng(20)
        shape = (64, 64, 64)

        def octaves(*sigmas: tuple[float, float, float]) -> NDArray[np.float32]:
            total = np.zeros(shape, np.float32)
            for sigma in sigmas:
                octave = gaussian_filter(rng.standard_normal(shape, np.float32), sigma, mode="wrap")
                total += octave / octave.std()
            return np.asarray(total / total.std(), np.float32)

        return cls(
            value=octaves((3.0, 0.7, 0.7), (4.0, 1.6, 1.6), (9.0, 5.0, 5.0)),
            tilt=np.stack([octaves((3.5, 0.8, 0.8), (6.0, 3.0, 3.0)) for _ in range(3)]),
        )

    def cells(self, rest_mm: NDArray[np.float32]) -> NDArray[np.intp]:
        """Flat cell indices (n,) of positions (3, n) on the resting body."""
        nx, ny, nz = self.value.shape
        index = np.floor(rest_mm / np.array(self.cell_mm, np.float32)[:, None]).astype(np.int32)
        x, y, z = index[0] & (nx - 1), index[1] & (ny - 1), index[2] & (nz - 1)
        return np.asarray((x * ny + y) * nz + z, np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Floor:
    """Colour of the arena floor, float32 (row, column, 3); rows run along y, columns along x."""

    size_mm: tuple[float, float]
    colour: NDArray[np.float32]
    cell_mm: float = FLOOR_CELL_MM

    def at(self, x_mm: NDArray[np.float32], y_mm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours (n, 3) at floor positions (n,), by bilinear look-up."""
        rows = (y_mm + self.size_mm[1] / 2) / self.cell_mm - 0.5
        columns = (x_mm + self.size_mm[0] / 2) / self.cell_mm - 0.5
        where = np.stack([rows, columns])
        channels = [map_coordinates(self.colour[..., c], where, order=1, mode="nearest") for c in range(3)]
        return np.stack(channels, axis=-1)


def make_floor(
    rng: np.random.Generator, size_mm: tuple[float, float], *, colour: Colour, litter: int
) -> Floor:
    """A used matt plastic floor: clouded, scratched, with `litter` flakes of bedding and droppings."""
    cell = max(FLOOR_CELL_MM, max(size_mm) / FLOOR_CELLS)
    columns, rows = (max(8, round(length / cell)) for length in size_mm)
    tone = np.ones((rows, columns), np.float32)
    for sigma_mm, strength in ((0.5, 0.020), (2.5, 0.014), (12, 0.022), (60, 0.035)):
        cloud = gaussian_filter(rng.standard_normal((rows, columns), np.float32), sigma_mm / cell)
        tone += np.float32(strength) * cloud / max(float(cloud.std()), 1e-6)
    for _ in range(litter // 2):
        _scratch(rng, tone)
    image = tone[..., None] * np.array(colour, np.float32)
    for _ in range(litter):
        _flake(rng, image, cell, dropping=bool(rng.random() < 0.12))
    return Floor(size_mm=size_mm, colour=np.clip(image, 0, 1), cell_mm=cell)


def _scratch(rng: np.random.Generator, tone: NDArray[np.float32]) -> None:
    rows, columns = tone.shape
    length = int(rng.integers(20, 160))
    angle = rng.uniform(0, np.pi) + np.linspace(0, rng.normal(0, 0.5), length)
    row = rng.uniform(0, rows) + np.cumsum(np.sin(angle))
    column = rng.uniform(0, columns) + np.cumsum(np.cos(angle))
    keep = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    fade = np.sin(np.linspace(0, np.pi, length))[keep]
    tone[row[keep].astype(int), column[keep].astype(int)] += (rng.normal(0.02, 0.035) * fade).astype(
        np.float32
    )


def _flake(rng: np.random.Generator, image: NDArray[np.float32], cell: float, *, dropping: bool) -> None:
    """One small lying thing, lit from above, with a thin shadow; more of them lie along the walls."""
    rows, columns = image.shape[:2]
    place = np.array([rows, columns]) * rng.random(2)
    if rng.random() < 0.6:
        axis = int(rng.integers(2))
        edge = abs(rng.normal(0, 0.05)) * image.shape[axis]
        place[axis] = edge if rng.random() < 0.5 else image.shape[axis] - 1 - edge
    long_mm, wide_mm = (2.6, 1.1) if dropping else (rng.uniform(0.8, 2.4), rng.uniform(0.4, 0.9))
    angle = rng.uniform(0, np.pi)
    tone = 0.06 if dropping else rng.uniform(0.45, 0.95)
    colour = np.array((1.0, 0.86, 0.66) if not dropping else (1.0, 0.85, 0.7), np.float32) * np.float32(tone)
    reach = int(np.ceil((long_mm + 2) / cell))
    top, left = int(place[0]) - reach, int(place[1]) - reach
    y0, y1 = max(0, top), min(rows, top + 2 * reach + 1)
    x0, x1 = max(0, left), min(columns, left + 2 * reach + 1)
    if y0 >= y1 or x0 >= x1:
        return
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    y, x = (y - place[0]) * cell, (x - place[1]) * cell

    def cover(dx: float, dy: float, soft: float) -> NDArray[np.float32]:
        u = (x - dx) * np.cos(angle) + (y - dy) * np.sin(angle)
        w = -(x - dx) * np.sin(angle) + (y - dy) * np.cos(angle)
        inside = 1 - np.sqrt((u / long_mm) ** 2 + (w / wide_mm) ** 2)
        return np.asarray(np.clip(inside / soft + 0.5, 0, 1), np.float32)

    patch = image[y0:y1, x0:x1]
    patch *= 1 - 0.35 * cover(0.35, -0.35, 1.2)[..., None]
    alpha = cover(0, 0, 0.5)[..., None]
    patch += alpha * (colour - patch)
