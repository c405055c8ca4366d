"""All animals of a recipe and what they do: planned once, then posed whole or in pieces.

`rehearse` plans by the repertoire, `roam` lets animals explore; `Cast.motions` gives bodies to render,
`Cast.pieces` keypoints alone, some frames at a time, so that hours fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.arena import Arena
from sbea_engine.synth.behaviour.acts import Acts, acts_of
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.behaviour.mover import Shape
from sbea_engine.synth.behaviour.repertoire import transitions_with
from sbea_engine.synth.behaviour.stage import Stage
from sbea_engine.synth.behaviour.track import (
    Stretch,
    as_bouts,
    as_path,
    overlapping,
    sample,
    steps_for,
    stretches,
)
from sbea_engine.synth.body import BodyPlan, JointFrames, place_keypoints
from sbea_engine.synth.limbs import bend_limbs
from sbea_engine.synth.motion import Gaits, Motion, embody, flesh_out, plant, stroll
from sbea_engine.synth.paws import Hold, raise_paws
from sbea_engine.synth.posture import Habits
from sbea_engine.synth.trajectory import Path

PIECE = 3000
SETTLE_S = 4.0  # what a piece poses before its first frame, for lags (0.25 s and less) to settle
STRIDES = 2.0  # what it poses around itself where feet are needed: they stand where such strides put them


class Course(Protocol):
    """Where an animal goes, and how it holds itself meanwhile."""

    def cut(self, start: int, stop: int) -> tuple[Path, Acts | None]:
        """Path and acts of frames `start` to `stop`; no acts of an animal that only walks and stands."""
        ...

    def bouts(self) -> Sequence[Stretch]:
        """Bouts by the repertoire; none of an animal without one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Script:
    """The course of an animal of the play: its steps (step, channel) and its bouts."""

    steps: NDArray[np.float64]
    found: tuple[Stretch, ...]
    fps: float

    def cut(self, start: int, stop: int) -> tuple[Path, Acts | None]:
        """See `Course`."""
        channels = sample(self.steps, start, stop, self.fps)
        return as_path(channels, self.fps), acts_of(channels, self.found, start, stop, self.fps)

    def bouts(self) -> Sequence[Stretch]:
        """See `Course`."""
        return self.found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stroll:
    """The course of an animal that explores by itself."""

    path: Path

    def cut(self, start: int, stop: int) -> tuple[Path, Acts | None]:
        """See `Course`."""
        return self.path.cut(start, stop), None

    def bouts(self) -> Sequence[Stretch]:
        """See `Course`."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Some frames of all animals: keypoints (frame, individual, keypoint, 3), speeds (frame, individual)."""

    points_mm: NDArray[np.float32]
    speed_mm_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast:
    """Animals, planned: a course and habits of each, over all frames."""

    names: tuple[str, ...]
    plans: tuple[BodyPlan, ...]
    floor_mm: tuple[float, float]
    frames: int
    fps: float
    courses: tuple[Course, ...]
    habits: tuple[Habits, ...]

    @property
    def bouts(self) -> tuple[Bout, ...]:
        """Bouts by the repertoire: those of each individual one after another, without gaps."""
        return tuple(
            bout for i, course in enumerate(self.courses) for bout in as_bouts(course.bouts(), i, self.names)
        )

    def motions(self) -> list[Motion]:
        """Bodies over all frames."""
        window = _Window(self, 0, self.frames)
        window.put_feet([True] * len(self.plans))
        return [
            flesh_out(plan, joints, gaits, habits, self.fps)
            for plan, joints, gaits, habits in zip(
                self.plans, window.joints, window.gaits, self.habits, strict=True
            )
        ]

    def pieces(self) -> Iterator[Piece]:
        """Keypoints and speeds, a piece of the frames after the other.

        They are those of `motions`, keypoints to within a thousandth of a millimetre.
        """
        strides = [0.0] * len(self.plans)
        for start in range(0, self.frames, PIECE):
            piece, strides = self._piece(start, min(self.frames, start + PIECE), strides)
            yield piece

    def _piece(self, start: int, stop: int, strides: Sequence[float]) -> tuple[Piece, list[float]]:
        """Frames `start` to `stop`, and the strides that each animal has taken by then."""
        needed = [_needed(plan) for plan in self.plans]
        footed = [bool(set(n) & set(_legs(plan))) for n, plan in zip(needed, self.plans, strict=True)]
        window = self._around(start, stop, strides, needed, footed)
        window.put_feet(footed)
        own = slice(start - window.first, stop - window.first)
        points = [place_keypoints(p, j)[own] for p, j in zip(self.plans, window.joints, strict=True)]
        speeds = [gaits.speed_mm_s[own] for gaits in window.gaits]
        piece = Piece(
            points_mm=np.stack(points, axis=1).astype(np.float32), speed_mm_s=np.stack(speeds, axis=1)
        )
        return piece, [float(gaits.phase[stop - 1 - window.first]) for gaits in window.gaits]

    def _around(
        self,
        start: int,
        stop: int,
        strides: Sequence[float],
        needed: Sequence[Sequence[int]],
        footed: Sequence[bool],
    ) -> _Window:
        """A piece with what comes before and after it, as far as its own frames depend on that."""
        before = after = round(SETTLE_S * self.fps)
        if not any(footed):
            after = 0
        while True:
            first, last = max(0, start - before), min(self.frames, stop + after)
            window = _Window(self, first, last, before=(max(0, start - 1), strides), only=needed)
            walked = [g.phase for g, feet in zip(window.gaits, footed, strict=True) if feet]
            early = all(p[start - first] - p[0] >= STRIDES for p in walked) or first == 0
            late = all(p[-1] - p[stop - 1 - first] >= STRIDES for p in walked) or last == self.frames
            if early and late:
                return window
            # One that stands puts its feet down where it stood long ago, and lifts them when it goes on.
            before, after = before * (1 if early else 2), after * (1 if late else 2)


class _Window:
    """All animals posed over frames `first` to `last`."""

    def __init__(
        self,
        cast: Cast,
        first: int,
        last: int,
        *,
        before: tuple[int, Sequence[float]] | None = None,
        only: Sequence[Sequence[int]] | None = None,
    ) -> None:
        """`before` is a frame and the strides that each animal took by then, `only` the joints to pose."""
        self.cast, self.first, self.last = cast, first, last
        self.joints: list[JointFrames] = []
        self.gaits: list[Gaits] = []
        self.acts: list[Acts | None] = []
        for i, (plan, course, habits) in enumerate(zip(cast.plans, cast.courses, cast.habits, strict=True)):
            path, acts = course.cut(first, last)
            joints, gaits = embody(
                plan,
                path,
                habits.cut(first, last),
                floor_mm=cast.floor_mm,
                acts=acts,
                strides=(0, 0.0) if before is None else (before[0] - first, before[1][i]),
                only=None if only is None else only[i],
            )
            self.joints.append(joints)
            self.gaits.append(gaits)
            self.acts.append(acts)

    def put_feet(self, whose: Sequence[bool]) -> None:
        """Put feet on the floor, and those that an act lifts off it to where that has them."""
        for i, (plan, acts) in enumerate(zip(self.cast.plans, self.acts, strict=True)):
            if whose[i]:
                plant(plan, self.joints[i], self.gaits[i], self.first)
                if acts is not None:
                    raise_paws(plan, self.joints[i], acts, self._holds(i), self.cast.floor_mm)
                bend_limbs(plan, self.joints[i])

    def _holds(self, i: int) -> list[Hold]:
        """Whose back individual `i` rests its forepaws on, bout by bout."""
        cast, first, last = self.cast, self.first, self.last
        margin = round(0.5 * cast.fps)  # the paws come down a little after the bout
        found = []
        for s in overlapping(cast.courses[i].bouts(), first - margin, last):
            rows = np.arange(max(first, s.first_frame), min(last, s.last_frame + 1 + margin)) - first
            if s.behaviour == "mount" and s.partner is not None and len(rows):
                found.append(Hold(rows=rows, partner=cast.plans[s.partner], joints=self.joints[s.partner]))
        return found


def rehearse(
    rng: np.random.Generator,
    *,
    names: Sequence[str],
    plans: Sequence[BodyPlan],
    paces: Sequence[float],
    arena: Arena,
    frames: int,
    fps: float,
    transitions: dict[str, dict[str, float]] | None = None,
    durations: float = 1.0,
) -> Cast:
    """Plan what animals do for `frames` frames.

    Args:
        paces: Factors on the speed of their runs.
        transitions: Rows that replace those of `repertoire.TRANSITIONS`; what a body does not do is left out.
        durations: Factor on the durations of bouts.

    Raises:
        BadRepertoire: Transitions are wrong, or the animals find no room.
    """
    habit_rngs = rng.spawn(len(plans))
    stage = Stage(
        rng,
        arena=arena,
        shapes=[Shape.of(plan) for plan in plans],
        paces=paces,
        transitions=transitions_with(
            transitions or {},
            does=frozenset.intersection(*(plan.does for plan in plans)),
            alone=len(plans) == 1,
        ),
        durations=durations,
    )
    steps = stage.play(steps_for(frames, fps))
    return Cast(
        names=tuple(names),
        plans=tuple(plans),
        floor_mm=arena.floor_mm,
        frames=frames,
        fps=fps,
        courses=tuple(
            Script(steps=steps[:, i], found=tuple(stretches(actor, frames, fps)), fps=fps)
            for i, actor in enumerate(stage.actors)
        ),
        habits=tuple(Habits.draw(r, frames, fps) for r in habit_rngs),
    )


def roam(
    rngs: Sequence[np.random.Generator],
    *,
    names: Sequence[str],
    plans: Sequence[BodyPlan],
    paces: Sequence[float],
    floor_mm: tuple[float, float],
    frames: int,
    fps: float,
) -> Cast:
    """Let animals explore an empty box, each by itself and by its own source of chance."""
    courses, habits = [], []
    for rng, plan, pace in zip(rngs, plans, paces, strict=True):
        courses.append(Stroll(path=stroll(rng, plan, floor_mm=floor_mm, frames=frames, fps=fps, pace=pace)))
        habits.append(Habits.draw(rng, frames, fps))
    return Cast(
        names=tuple(names),
        plans=tuple(plans),
        floor_mm=floor_mm,
        frames=frames,
        fps=fps,
        courses=tuple(courses),
        habits=tuple(habits),
    )


def _legs(plan: BodyPlan) -> NDArray[np.intp]:
    return plan.joints_at(name for limb in plan.limbs for name in limb.joints)


def _needed(plan: BodyPlan) -> tuple[int, ...]:
    """The joints that keypoints hang on, with what those hang on; the tail's are laid by themselves."""
    tail = set(plan.joints_at(plan.tail[1:]))
    wanted = {0}
    names = {k.joint for k in plan.keypoints} | {plan.tail[0] if plan.tail else plan.joints[0].name}
    if any(names & set(limb.joints) for limb in plan.limbs):  # feet are planted, and legs bent, all at once
        names |= {name for limb in plan.limbs for name in limb.joints}
    for name in names:
        joint: str | None = name
        while joint is not None:
            wanted.add(plan.joint_index[joint])
            joint = plan.joints[plan.joint_index[joint]].parent
    return tuple(sorted(wanted - tail))
