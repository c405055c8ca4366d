"""A body on the floor plan: a head that is steered, and a trunk that trails behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sbea_engine.synth.behaviour.clock import STEP_S
from sbea_engine.synth.body import BodyPlan, place_joints

MAX_TURN_RATE = 4.2
TURN_RADIUS = 20.0  # mm of a mouse; scaled with the body
MAX_NECK_BEND = math.radians(55)
MAX_SPINE_BEND = math.radians(62)
LOOK_BEND = math.radians(48)
SEAT_MM = 12.0  # a mouse that sits and grooms turns its head and takes up so much more to its sides
SEAT_HOLDS = 0.85  # share of a push that one that sits does not give way to
LEAN_MM = 28.0  # how much nearer a mouse comes to a wall that it stands up against
UNBEND_S, TURN_S, PIVOT_S = 0.25, 0.1, 0.12
# Shares of the way to being straight, to a turn rate, and to one on the spot that a body takes within a step.
UNBENDS, TURNS, PIVOTS = (1 - math.exp(-STEP_S / lag_s) for lag_s in (UNBEND_S, TURN_S, PIVOT_S))
LEAST_FLANK = 0.005
# Degrees by which the spine turns to a flank that is groomed, and the neck from there on; and what is left,
# on the floor plan, of the lengths of trunk and neck of one that sits curled up like this.
FLANK_SPINE_DEG, FLANK_NECK_DEG = 105, 94
FLANK_TRUNK, FLANK_NECK = 0.7, 0.4
PIVOT_FROM = 0.55
PIVOT_RATE = 2.8
PIVOT_BELOW = 70.0  # mm/s of a mouse
MOUSE_LENGTH_MM = 54.0

Point = tuple[float, float]
Capsule = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Lengths of a body that keep it apart from others, in millimetres.

    Attributes:
        neck_mm: From the head joint to the front girdle; `trunk_mm` from there to the root.
        nose_mm: How far the nose is before the head joint.
        tail_mm: How far the tail base is behind the root.
        neck_share, spine_share: How far the chord of neck and spine turns with the bend of each, as a share.
        trunk_radius_mm, head_radius_mm: Of the capsules root - girdle and girdle - head.
        size: 1 for an adult mouse; distances and speeds go with it.
    """

    neck_mm: float
    trunk_mm: float
    nose_mm: float
    tail_mm: float
    neck_share: float
    spine_share: float
    trunk_radius_mm: float
    head_radius_mm: float
    size: float

    @classmethod
    def of(cls, plan: BodyPlan) -> Shape:
        """Measure a body plan at rest."""
        rest = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3))).position_mm[0]
        root, head = plan.joints[0].name, plan.neck[-1]
        at = {name: rest[plan.joint_index[name]] for name in (root, plan.spine[-1], head)}
        rear, front = (plan.keypoints[plan.skeleton.index(name)] for name in plan.heading)
        widths = {
            joint: [p.radii_mm[1] for p in plan.parts if p.joint == joint and p.to is None and p.soft]
            for joint in (root, *plan.spine, head)
        }
        neck = float(np.linalg.norm(at[head] - at[plan.spine[-1]]))
        trunk = float(np.linalg.norm(at[plan.spine[-1]] - at[root]))
        behind = rest[plan.joint_index[rear.joint]] + np.array(rear.offset_mm)
        trunk_widths = [max(widths[joint]) for joint in (root, *plan.spine) if widths[joint]]
        return cls(
            neck_mm=neck,
            trunk_mm=trunk,
            nose_mm=float(front.offset_mm[0]),
            tail_mm=float(at[root][0] - behind[0]),
            neck_share=_chord_share(len(plan.neck)),
            spine_share=_chord_share(len(plan.spine)),
            trunk_radius_mm=float(np.mean(trunk_widths)),
            head_radius_mm=max(widths[head]),
            size=(neck + trunk) / MOUSE_LENGTH_MM,
        )


def _chord_share(joints: int) -> float:
    """Turn of the chord of a chain whose first link stays and whose `joints` joints share a bend evenly."""
    return (joints - 1) / (2 * joints)


class Mover:
    """Position and headings of one body; angles in radians, unwrapped, counter-clockwise from world x.

    After each change `place` brings the points up to date: (fx, fy) the front girdle, (rx, ry) the root,
    (nx, ny) the nose, (bx, by) the tail base, (cx, cy) the middle of the trunk. `seat` is 1 for one that
    sits, `flank` 1 for one whose head is at its left flank, -1 for the right one, `lean` 1 for one that
    stands upright against a wall.
    """

    __slots__ = (
        "bx", "by", "cx", "cy", "flank", "front", "fx", "fy", "heading", "lean", "nx", "ny", "pivot_rate",
        "rear", "rx", "ry", "seat", "shape", "speed", "turn_rate", "x", "y",
    )  # fmt: skip

    def __init__(self, shape: Shape, x: float, y: float, heading: float) -> None:
        self.shape = shape
        self.x, self.y = x, y
        self.heading = self.front = self.rear = heading
        self.speed = self.turn_rate = self.pivot_rate = 0.0
        self.seat = self.flank = self.lean = 0.0
        self.place()

    def place(self) -> None:
        s, x, y, heading, front, rear = self.shape, self.x, self.y, self.heading, self.front, self.rear
        # The chords of neck and spine, which bend evenly over their joints.
        neck = front + s.neck_share * (heading - front)
        back = rear + s.spine_share * (front - rear)
        fx, fy = x - s.neck_mm * math.cos(neck), y - s.neck_mm * math.sin(neck)
        rx, ry = fx - s.trunk_mm * math.cos(back), fy - s.trunk_mm * math.sin(back)
        self.fx, self.fy, self.rx, self.ry = fx, fy, rx, ry
        self.bx, self.by = rx - s.tail_mm * math.cos(rear), ry - s.tail_mm * math.sin(rear)
        self.cx, self.cy = (fx + rx) / 2, (fy + ry) / 2
        self.nx, self.ny = x + s.nose_mm * math.cos(heading), y + s.nose_mm * math.sin(heading)

    def capsules(self) -> tuple[Capsule, Capsule]:
        """Trunk and head as (x0, y0, x1, y1, radius): what the body takes up."""
        s = self.shape
        back = 0.35 * s.tail_mm / max(s.trunk_mm, 1e-9)
        fx, fy, x, y = self.fx, self.fy, self.x + 0.5 * (self.nx - self.x), self.y + 0.5 * (self.ny - self.y)
        if abs(self.flank) > LEAST_FLANK:
            fx, fy, x, y = self._bent_to_flank()
        return (
            (
                self.rx + back * (self.rx - fx),
                self.ry + back * (self.ry - fy),
                fx,
                fy,
                s.trunk_radius_mm,
            ),
            (fx, fy, x, y, s.head_radius_mm + SEAT_MM * s.size * self.seat),
        )

    def _bent_to_flank(self) -> tuple[float, float, float, float]:
        """Front girdle, and the place half-way from head joint to nose, of one that turns to a flank."""
        s, spine, turned = self.shape, math.radians(FLANK_SPINE_DEG), math.radians(FLANK_NECK_DEG)
        trunk = self.rear + s.spine_share * (self.front - self.rear + self.flank * spine)
        neck = self.front + self.flank * spine
        head = self.heading + self.flank * (spine + turned)
        neck += s.neck_share * (head - neck)
        curled = abs(self.flank)
        long = s.trunk_mm * (1 - (1 - FLANK_TRUNK) * curled)
        fx, fy = self.rx + long * math.cos(trunk), self.ry + long * math.sin(trunk)
        long = s.neck_mm * (1 - (1 - FLANK_NECK) * curled)
        x = fx + long * math.cos(neck) + 0.5 * s.nose_mm * math.cos(head)
        y = fy + long * math.sin(neck) + 0.5 * s.nose_mm * math.sin(head)
        return fx, fy, x, y

    def unbend(self) -> None:
        """Straighten as one that sits does, about its hind feet: upright and bent sideways it would fall."""
        rx, ry = self.rx, self.ry
        share = 0.5 * self.seat * UNBENDS
        bend = self.front - self.rear
        self.heading -= share * (bend + self.heading - self.front)
        self.rear += share * bend
        self.front -= share * bend
        self.place()
        self.shift(rx - self.rx, ry - self.ry)

    def steer(self, error: float, wanted: float, *, lag_s: float, look: float) -> None:
        """Turn by `error` radians and reach `wanted` mm/s, as far as a body can within a step.

        Args:
            lag_s: Time constant of the speed.
            look: Turn rate of the head that needs no walking; above 0 the body may turn on the spot too.
        """
        self._pivot(error if look else 0.0)
        ahead = math.cos(error)
        slow = 0.35 + 0.65 * (ahead if ahead > 0.0 else 0.0)
        speed = self.speed
        self.speed = speed = speed + (wanted * slow - speed) * (1 - math.exp(-STEP_S / lag_s))
        limit = abs(speed) / (TURN_RADIUS * self.shape.size)
        if limit > MAX_TURN_RATE:
            limit = MAX_TURN_RATE
        if look > limit and abs(self.heading + math.copysign(look * STEP_S, error) - self.front) < LOOK_BEND:
            limit = look
        turn = 3.4 * error
        turn = limit if turn > limit else -limit if turn < -limit else turn
        self.turn_rate = turn = self.turn_rate + (turn - self.turn_rate) * TURNS
        self.heading = heading = self.heading + turn * STEP_S
        step = speed * STEP_S
        self.trail(step * math.cos(heading), step * math.sin(heading))

    def _pivot(self, error: float) -> None:
        """Turn on the hind legs where little speed is left to turn with."""
        wanted = 0.0
        if abs(error) > PIVOT_FROM:
            room = max(0.0, 1 - abs(self.speed) / (PIVOT_BELOW * self.shape.size))
            wanted = max(-PIVOT_RATE, min(PIVOT_RATE, 2.5 * error)) * room
        self.pivot_rate = rate = self.pivot_rate + (wanted - self.pivot_rate) * PIVOTS
        turn = rate * STEP_S
        if abs(turn) > 1e-4:
            c, s = math.cos(turn), math.sin(turn)
            dx, dy = self.x - self.rx, self.y - self.ry
            self.x, self.y = self.rx + c * dx - s * dy, self.ry + s * dx + c * dy
            self.heading += turn
            self.front += turn
            self.rear += turn

    def trail(self, dx: float, dy: float) -> None:
        """Move the head by (dx, dy), and let girdle and root follow as trailers do (a tractrix each)."""
        self.x += dx
        self.y += dy
        front, rear = self.front, self.rear
        moved = math.hypot(dx, dy)
        if moved > 1e-9:
            course = math.atan2(dy, dx)
            along = moved * math.cos(course - front)
            front = _drawn(front, course, moved / self.shape.neck_mm)
            rear = _drawn(rear, front, along / self.shape.trunk_mm)
        self.front = front = _follow(front, self.heading, MAX_NECK_BEND)
        self.rear = _follow(rear, front, MAX_SPINE_BEND)

    def shift(self, dx: float, dy: float) -> None:
        """Push the whole body."""
        self.x += dx
        self.y += dy
        self.place()


def _drawn(angle: float, course: float, pull: float) -> float:
    """Heading of a trailer after its hitch moved `pull` trailer lengths along `course`."""
    off = math.remainder(angle - course, math.tau)
    if abs(off) > 3.0:  # pushed straight back: it stays behind
        return angle
    left = 2 * math.atan(math.tan(off / 2) * math.exp(-pull if pull < 20.0 else -20.0))
    return angle + left - off


def _follow(angle: float, leader: float, limit: float) -> float:
    """`angle`, pulled along once the leader has turned further than `limit` away from it."""
    bend = leader - angle
    return leader - (limit if bend > limit else -limit if bend < -limit else bend)
