"""How a hand shows a calibration board to a rig: from place to place, held almost still at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from sbea_engine.data.camera import Camera
from sbea_engine.synth.arena import Arena
from sbea_engine.synth.board import Board
from sbea_engine.synth.signals import wandering

EVERY_S = 1.15
HELD = 0.35  # share of a stretch for which the board is held
TREMOR_MM, TREMOR_DEG = 0.5, 0.25
CLEAR_MM = 10.0  # above the floor and off the walls
TILT_DEG, ROLL_DEG = 16.0, 35.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoardPoses:
    """A board at moments: X_world = rotation X_board + position.

    Attributes:
        rotation: float64 (moment, 3, 3) world from board.
        position_mm: float64 (moment, 3) of the board's origin.
    """

    rotation: NDArray[np.float64]
    position_mm: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rotation)

    def place(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """World positions (moment, point, 3) of points (point, 3) of the board."""
        return points_mm @ self.rotation.transpose(0, 2, 1) + self.position_mm[:, None]


def show_around(
    rng: np.random.Generator,
    board: Board,
    rig: Sequence[Camera],
    arena: Arena,
    *,
    ticks: int,
    fps: float,
    moments: NDArray[np.float64],
) -> BoardPoses:
    """Carry a board through the arena so that every camera, and neighbours together, get to see it.

    Args:
        ticks: Length of the take.
        moments: (moment,) when poses are wanted, in ticks.
    """
    stops = int(ticks / fps / EVERY_S) + 3
    facing, right = _gazes(rng, rig, arena, stops)
    z = -facing
    x = right - z * (right * z).sum(1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    turn = np.stack([x, np.cross(z, x), z], axis=-1)
    free = _volume(arena)
    middle = free[0] + (free[1] - free[0]) * rng.random((stops, 3))
    time = moments / (fps * EVERY_S)
    stop = np.minimum(time.astype(int), stops - 2)
    share = np.clip((time - stop - HELD / 2) / (1 - HELD), 0, 1)
    eased = (share * share * (3 - 2 * share))[:, None]
    rotation = Slerp(np.arange(stops), Rotation.from_matrix(turn))(stop + eased[:, 0])
    centre = middle[stop] * (1 - eased) + middle[stop + 1] * eased
    tremor = np.stack([wandering(rng, ticks, fps=fps, time_s=0.12) for _ in range(6)], axis=1)
    shake = np.stack([np.interp(moments, np.arange(ticks), t) for t in tremor.T], axis=1)
    rotation = rotation * Rotation.from_rotvec(np.deg2rad(TREMOR_DEG) * shake[:, :3])
    return _kept_inside(board, arena, rotation.as_matrix(), centre + TREMOR_MM * shake[:, 3:])


def _volume(arena: Arena) -> NDArray[np.float64]:
    """(2, 3): low and high corner of where the middle of the board goes."""
    x, y = 0.38 * np.array(arena.floor_mm)
    return np.array([[-x, -y, 0.05 * min(arena.floor_mm)], [x, y, 0.42 * min(arena.floor_mm)]])


def _gazes(
    rng: np.random.Generator, rig: Sequence[Camera], arena: Arena, stops: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Which way (stop, 3) the board looks at each stop, and where its right is.

    It looks at one camera after another, halfway to the next where that is not on the other side.
    """
    eyes = np.array([c.position_mm for c in rig])
    towards = (eyes - (0, 0, 0.2 * min(arena.floor_mm))) / np.linalg.norm(eyes, axis=1, keepdims=True)
    facing, right = np.empty((stops, 3)), np.empty((stops, 3))
    turns: list[int] = []
    for s in range(stops):
        if not turns:
            turns = rng.permutation(len(rig)).tolist()
        i = turns.pop()
        near = np.argsort(-(towards @ towards[i]))  # itself first
        j = int(near[rng.integers(0, min(3, len(rig)))])
        way = towards[i] + rng.uniform(0, 1) * towards[j] * (towards[i] @ towards[j] > -0.3)
        way = way / np.linalg.norm(way)
        tilt = Rotation.from_rotvec(np.deg2rad(TILT_DEG) * rng.standard_normal(3))
        roll = Rotation.from_rotvec(np.deg2rad(ROLL_DEG) * rng.uniform(-1, 1) * way)
        facing[s], right[s] = tilt.apply(way), roll.apply(rig[i].R[0])
    return facing, right


def _kept_inside(
    board: Board, arena: Arena, rotation: NDArray[np.float64], centre: NDArray[np.float64]
) -> BoardPoses:
    """Poses about the sheet's middle, moved off the floor and the walls where a corner would pass them."""
    (x0, y0), (x1, y1) = board.sheet_mm
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2, 0.0])
    corners = np.array([(x, y, 0.0) for x in (x0, x1) for y in (y0, y1)]) - middle
    reach = np.abs(corners @ rotation.transpose(0, 2, 1)).max(axis=1)
    room = np.maximum(np.array(arena.floor_mm) / 2 - CLEAR_MM - reach[:, :2], 0)
    centre = centre.copy()
    centre[:, :2] = np.clip(centre[:, :2], -room, room)
    centre[:, 2] = np.maximum(centre[:, 2], reach[:, 2] + CLEAR_MM)
    return BoardPoses(rotation=rotation, position_mm=centre - rotation @ middle)
