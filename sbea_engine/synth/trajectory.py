"""How an animal wanders through an open field: runs and pauses, along the walls more than across.

The head leads; the front girdle and the rear follow it as two trailers do, so that the body bends into
every turn and never slips sideways. Integrated at about 120 Hz whatever the frame rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

STEPS_PER_SECOND = 120
WARM_UP_S = 4.0
WALL_MARGIN_MM = 19.0
WALL_PATH_MM = (26.0, 46.0)
REACHED_MM = 28.0
TURN_RADIUS_MM = 20.0
MAX_TURN_RATE = 4.2
MAX_NECK_BEND = math.radians(55)
MAX_SPINE_BEND = math.radians(62)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """Where the body goes, per frame; angles in radians, unwrapped, counter-clockwise from world x.

    Attributes:
        head_mm: (frame, 2) position of the head joint on the floor plan.
        head_heading, front_heading, rear_heading: (frame,) of head, front girdle and root.
        speed_mm_s: (frame,) of the head along its heading.
    """

    fps: float
    head_mm: NDArray[np.float64]
    head_heading: NDArray[np.float64]
    front_heading: NDArray[np.float64]
    rear_heading: NDArray[np.float64]
    speed_mm_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.head_mm)

    def cut(self, start: int, stop: int) -> Self:
        """Frames `start` to `stop` of it."""
        names = [f.name for f in fields(self) if f.name != "fps"]
        return replace(self, **{name: getattr(self, name)[start:stop] for name in names})


def wander(
    rng: np.random.Generator,
    *,
    floor_mm: tuple[float, float],
    neck_mm: float,
    trunk_mm: float,
    frames: int,
    fps: float,
    pace: float = 1.0,
) -> Path:
    """A path through a box of `floor_mm` (length, width) centred on the origin.

    Args:
        neck_mm: Distance from the head to the front girdle.
        trunk_mm: Distance from the front girdle to the root.
        pace: Factor on the speed of the runs.
    """
    substeps = max(1, round(STEPS_PER_SECOND / fps))
    walker = _Walker(
        rng=rng,
        half=(floor_mm[0] / 2, floor_mm[1] / 2),
        neck_mm=neck_mm,
        trunk_mm=trunk_mm,
        pace=pace,
        step_s=1 / (fps * substeps),
    )
    for _ in range(math.ceil(WARM_UP_S * fps * substeps)):
        walker.step()
    rows = np.empty((frames, 6))
    for f in range(frames):
        rows[f] = (walker.x, walker.y, walker.heading, walker.front, walker.rear, walker.speed)
        for _ in range(substeps):
            walker.step()
    return Path(
        fps=fps,
        head_mm=rows[:, :2],
        head_heading=rows[:, 2],
        front_heading=rows[:, 3],
        rear_heading=rows[:, 4],
        speed_mm_s=rows[:, 5],
    )


@dataclass(slots=True, kw_only=True)
class _Walker:
    """The state that the integration carries from step to step."""

    rng: np.random.Generator
    half: tuple[float, float]
    neck_mm: float
    trunk_mm: float
    pace: float
    step_s: float
    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0
    front: float = 0.0
    rear: float = 0.0
    speed: float = 0.0
    turn_rate: float = 0.0
    wiggle: float = 0.0
    running: bool = False
    phase_left_s: float = 0.0
    wanted_speed: float = 0.0
    target: tuple[float, float] = (0.0, 0.0)
    wall_side: int = 0
    noise: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x = float(self.rng.uniform(-0.5, 0.5)) * self.half[0]
        self.y = float(self.rng.uniform(-0.5, 0.5)) * self.half[1]
        self.heading = self.front = self.rear = float(self.rng.uniform(-math.pi, math.pi))
        self.wall_side = int(self.rng.integers(4))
        self._choose_target()

    def step(self) -> None:
        dt = self.step_s
        self.phase_left_s -= dt
        if self.phase_left_s <= 0:
            self._change_phase()
        dx, dy = self.target[0] - self.x, self.target[1] - self.y
        if math.hypot(dx, dy) < REACHED_MM:
            self._choose_target()
        error = math.remainder(math.atan2(dy, dx) - self.heading, math.tau)
        self.wiggle += dt * (-self.wiggle / 0.4 + 1.1 * self._normal() / math.sqrt(dt))
        wanted = self.wanted_speed * (0.35 + 0.65 * max(0.0, math.cos(error)))
        self.speed += (wanted - self.speed) * dt / 0.22
        limit = min(MAX_TURN_RATE, self.speed / TURN_RADIUS_MM)
        turn = max(-limit, min(limit, 3.4 * error + self.wiggle))
        self.turn_rate += (turn - self.turn_rate) * dt / 0.1
        self.heading += self.turn_rate * dt
        self._advance(dt)

    def _advance(self, dt: float) -> None:
        """Move the head, keep it inside the walls, and let the trailers follow."""
        bound_x, bound_y = self.half[0] - WALL_MARGIN_MM, self.half[1] - WALL_MARGIN_MM
        x = max(-bound_x, min(bound_x, self.x + self.speed * dt * math.cos(self.heading)))
        y = max(-bound_y, min(bound_y, self.y + self.speed * dt * math.sin(self.heading)))
        moved, course = math.hypot(x - self.x, y - self.y), math.atan2(y - self.y, x - self.x)
        self.x, self.y = x, y
        front_moved = moved * math.cos(course - self.front)
        self.front += moved / self.neck_mm * math.sin(course - self.front)
        self.rear += front_moved / self.trunk_mm * math.sin(self.front - self.rear)
        self.front = _follow(self.front, self.heading, MAX_NECK_BEND)
        self.rear = _follow(self.rear, self.front, MAX_SPINE_BEND)

    def _change_phase(self) -> None:
        self.running = not self.running
        if self.running:
            self.phase_left_s = float(self.rng.lognormal(0.75, 0.45))
            self.wanted_speed = self.pace * float(45 + 190 * self.rng.beta(1.6, 2.6))
        else:
            self.phase_left_s = float(self.rng.lognormal(-0.15, 0.55))
            self.wanted_speed = 0.0

    def _choose_target(self) -> None:
        """Mostly the next stretch of wall, sometimes across the field."""
        rng, (hx, hy) = self.rng, self.half
        if rng.random() < 0.3:
            self.target = (float(rng.uniform(-0.6, 0.6) * hx), float(rng.uniform(-0.6, 0.6) * hy))
            self.wall_side = int(rng.integers(4))
            return
        off = float(rng.uniform(*WALL_PATH_MM))
        along = float(rng.uniform(-0.75, 0.75))
        side = self.wall_side
        self.wall_side = (side + (1 if rng.random() < 0.75 else -1)) % 4
        if side % 2 == 0:
            self.target = (along * (hx - off), (hy - off) * (1 if side == 2 else -1))
        else:
            self.target = ((hx - off) * (1 if side == 1 else -1), along * (hy - off))

    def _normal(self) -> float:
        if not self.noise:
            self.noise = self.rng.standard_normal(1024).tolist()
        return self.noise.pop()


def _follow(angle: float, leader: float, limit: float) -> float:
    """`angle`, pulled along once the leader has turned further than `limit` away from it."""
    return leader - max(-limit, min(limit, leader - angle))
