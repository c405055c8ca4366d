"""All animals of a recipe and what they do: planned once, then posed whole or in pieces.

`rehearse` plans; `Cast.motions` gives bodies to render; `Cast.points` keypoints alone, a piece at a
time, so that hours fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.arena import Arena
from sbea_engine.synth.behaviour.acts import Acts, acts_of
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.behaviour.mover import Shape
from sbea_engine.synth.behaviour.repertoire import transitions_with
from sbea_engine.synth.behaviour.stage import Stage
from sbea_engine.synth.behaviour.track import Stretch, as_bouts, as_path, sample, steps_for, stretches
from sbea_engine.synth.body import BodyPlan, JointFrames, place_keypoints
from sbea_engine.synth.motion import Gaits, Motion, embody, flesh_out, plant
from sbea_engine.synth.paws import Hold, raise_paws
from sbea_engine.synth.posture import Habits

PIECE = 3000
SETTLE_S = 3.0  # what a piece poses before its first frame, for lags to settle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast:
    """Animals, planned.

    Attributes:
        steps: (step, individual, channel) of the play.
        bouts_of: The bouts of each individual.
        habits: Of each individual, over all frames.
    """

    names: tuple[str, ...]
    plans: tuple[BodyPlan, ...]
    arena: Arena
    frames: int
    fps: float
    steps: NDArray[np.float64]
    bouts_of: tuple[tuple[Stretch, ...], ...]
    habits: tuple[Habits, ...]

    @property
    def bouts(self) -> tuple[Bout, ...]:
        """Bouts of all individuals: those of each one after another, without gaps."""
        return tuple(bout for i, found in enumerate(self.bouts_of) for bout in as_bouts(found, i, self.names))

    def motions(self) -> list[Motion]:
        """Bodies over all frames."""
        posed = [self._pose(i, 0, self.frames) for i in range(len(self.plans))]
        for plan, (joints, gaits, _) in zip(self.plans, posed, strict=True):
            plant(plan, joints, gaits)
        for i, (plan, (joints, _, acts)) in enumerate(zip(self.plans, posed, strict=True)):
            raise_paws(plan, joints, acts, self._holds(i, [p[0] for p in posed]))
        return [
            flesh_out(plan, joints, gaits, habits, self.fps)
            for plan, (joints, gaits, _), habits in zip(self.plans, posed, self.habits, strict=True)
        ]

    def points(self) -> Iterator[NDArray[np.float32]]:
        """Keypoints (frame, individual, keypoint, 3) in millimetres, a piece of the frames after the other.

        They are those of `motions` to within a thousandth of a millimetre.
        """
        needed = [_needed(plan) for plan in self.plans]
        strides = [0.0 for _ in self.plans]
        settle = round(SETTLE_S * self.fps)
        for start in range(0, self.frames, PIECE):
            stop, first = min(self.frames, start + PIECE), max(0, start - settle)
            piece = np.empty((stop - start, len(self.plans), len(self.plans[0].keypoints), 3), np.float32)
            for i, plan in enumerate(self.plans):
                joints, gaits, _ = self._pose(
                    i, first, stop, strides=(max(0, start - 1 - first), strides[i]), only=needed[i]
                )
                if set(needed[i]) & set(plan.joints_at(limb.foot for limb in plan.limbs)):
                    plant(plan, joints, gaits)
                piece[:, i] = place_keypoints(plan, joints)[start - first :]
                strides[i] = float(gaits.phase[-1])
            yield piece

    def _pose(
        self,
        i: int,
        start: int,
        stop: int,
        *,
        strides: tuple[int, float] = (0, 0.0),
        only: Sequence[int] | None = None,
    ) -> tuple[JointFrames, Gaits, Acts]:
        channels = sample(self.steps[:, i], start, stop, self.fps)
        acts = acts_of(channels, self.bouts_of[i], start, stop, self.fps)
        joints, gaits = embody(
            self.plans[i],
            as_path(channels, self.fps),
            self.habits[i].cut(start, stop),
            floor_mm=self.arena.floor_mm,
            acts=acts,
            strides=strides,
            only=only,
        )
        return joints, gaits, acts

    def _holds(self, i: int, joints: Sequence[JointFrames]) -> list[Hold]:
        """Whose back individual `i` rests its forepaws on, bout by bout."""
        margin = round(0.5 * self.fps)  # the paws come down a little after the bout
        return [
            Hold(
                rows=np.arange(s.first_frame, min(self.frames, s.last_frame + 1 + margin)),
                partner=self.plans[s.partner],
                joints=joints[s.partner],
            )
            for s in self.bouts_of[i]
            if s.behaviour == "mount" and s.partner is not None
        ]


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
        transitions: Rows that replace those of `repertoire.TRANSITIONS`.
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
        transitions=transitions_with(transitions or {}),
        durations=durations,
    )
    steps = stage.play(steps_for(frames, fps))
    return Cast(
        names=tuple(names),
        plans=tuple(plans),
        arena=arena,
        frames=frames,
        fps=fps,
        steps=steps,
        bouts_of=tuple(tuple(stretches(actor, frames, fps)) for actor in stage.actors),
        habits=tuple(Habits.draw(r, frames, fps) for r in habit_rngs),
    )


def _needed(plan: BodyPlan) -> tuple[int, ...]:
    """The joints that keypoints hang on, with what those hang on; the tail's are laid by themselves."""
    tail = set(plan.joints_at(plan.tail[1:]))
    wanted = {0}
    for name in {k.joint for k in plan.keypoints} | {plan.tail[0] if plan.tail else plan.joints[0].name}:
        joint: str | None = name
        while joint is not None:
            wanted.add(plan.joint_index[joint])
            joint = plan.joints[plan.joint_index[joint]].parent
    return tuple(sorted(wanted - tail))
