"""What the animals do, measured on the posed bodies and against the bouts."""

from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.synth.behaviour.bouts import check_bouts
from sbea_engine.synth.behaviour.repertoire import REPERTOIRE
from sbea_engine.synth.mouse import MOUSE

from .conftest import FPS, FRAMES, NAMES, Pair, doing, each, play

# Minutes of behaviour are played for all of them.
pytestmark = pytest.mark.slow

PAIR_OVERLAP_MM = 6.0
CROWD_OVERLAP_MM = 10.0


def spheres(motion, radius: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    """Spheres along trunk and head (frame, sphere, 3), with their radii: a second picture of the body."""
    joints = motion.joints
    at = {name: joints.position_mm[:, MOUSE.joint_index[name]] for name in ("pelvis", "chest", "head")}
    rump, brow = joints.point(0, (-6, 0, -1)), joints.point(MOUSE.joint_index["head"], (8, 0, 0))
    share = np.linspace(0, 1, 8)[None, :, None]
    trunk = rump[:, None] + share * (at["chest"] - rump)[:, None]
    head = at["chest"][:, None] + share * (brow - at["chest"])[:, None]
    return np.concatenate([trunk, head], axis=1), np.repeat([radius, 8.0], 8)


def deepest_overlap(one, other) -> np.ndarray:  # type: ignore[no-untyped-def]
    """How deep two bodies are in one another (frame,), negative for a gap."""
    (a, ra), (b, rb) = spheres(one, 12.5), spheres(other, 12.5)
    apart = np.linalg.norm(a[:, :, None] - b[:, None], axis=-1)
    return np.asarray((ra[:, None] + rb[None] - apart).max((1, 2)))


def gap_to_trunk(motion, points: np.ndarray, at: slice) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Distance (frame,) from points (frame, 3) to the surface of rump, pelvis and loin, negative inside."""
    found = []
    for p, part in enumerate(MOUSE.parts):
        if part.name in ("rump", "pelvis", "loin"):
            turn, radii = motion.surface.rotation[at, p], motion.surface.radii_mm[at, p]
            local = np.einsum("fji,fj->fi", turn, points - motion.surface.centre_mm[at, p])
            k0, k1 = np.linalg.norm(local / radii, axis=-1), np.linalg.norm(local / radii**2, axis=-1)
            found.append(k0 * (k0 - 1) / k1)
    return np.asarray(np.min(found, axis=0))


def leaning(pair: Pair, i: int, rows: slice) -> np.ndarray:
    """How far an animal leans on a wall (frame,)."""
    acts = pair.cast.courses[i].cut(rows.start, rows.stop)[1]
    assert acts is not None
    return np.asarray(acts.lean)


def on_another(cast, i: int, j: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Frames in which `i` and `j` are in a bout with one another in which bodies may overlap."""
    allowed = np.zeros(cast.frames, bool)
    for b in cast.bouts:
        if REPERTOIRE[b.behaviour].overlaps and {b.actor, b.partner} == {cast.names[i], cast.names[j]}:
            allowed[b.first_frame : b.last_frame + 1] = True
    return allowed


class TestBouts:
    def test_each_animal_does_one_thing_at_a_time(self, pair: Pair) -> None:
        check_bouts(pair.cast.bouts, individuals=NAMES, frames=FRAMES)
        assert (doing(pair.cast.bouts, NAMES, FRAMES) != "").all()

    def test_everything_happens(self, pairs: list[Pair]) -> None:
        """Mounts come twice in five minutes, so that one play in ten has none."""
        done = [{b.behaviour for b in pair.cast.bouts} for pair in pairs]
        assert set.union(*done) == set(REPERTOIRE)
        assert all(some >= set(REPERTOIRE) - {"mount"} for some in done)

    def test_social_bouts_have_a_partner_and_others_none(self, pair: Pair) -> None:
        for b in pair.cast.bouts:
            assert (b.partner is not None) == REPERTOIRE[b.behaviour].social

    def test_mutual_bouts_begin_together(self, pair: Pair) -> None:
        begins = {(b.behaviour, b.actor, b.partner, b.first_frame) for b in pair.cast.bouts}
        for what, actor, partner, first in begins:
            if REPERTOIRE[what].mutual and first > 0:
                assert (what, partner, actor, first) in begins

    def test_durations_are_those_of_the_table(self, pairs: list[Pair]) -> None:
        """Of behaviours that nothing cuts short; a bout at either end of the recording is cut by it."""
        for what in ("rear", "groom"):
            row = REPERTOIRE[what]
            lasts = np.array(
                [
                    (rows.stop - rows.start) / FPS
                    for _, rows, _, _ in each(pairs, what)
                    if rows.start > 0 and rows.stop < FRAMES
                ]
            )
            assert len(lasts) > 100
            assert np.median(lasts) == pytest.approx(row.median_s, rel=0.15)
            assert np.log(lasts).std() == pytest.approx(row.spread, abs=0.08)
            assert row.shortest_s - 0.1 <= lasts.min()
            assert lasts.max() <= row.longest_s + 0.1

    def test_who_walks_walks_and_who_is_idle_stands(self, pairs: list[Pair]) -> None:
        walked, stood = [], []
        for pair, rows, i, _ in each(pairs, "walk"):
            if rows.stop - rows.start > 1.5 * FPS:
                path = pair.joint(i, "pelvis")[rows, :2]
                walked.append(np.linalg.norm(np.diff(path, axis=0), axis=-1).mean() * FPS)
        for pair, rows, i, _ in each(pairs, "idle"):
            if rows.stop - rows.start > 20:
                stood.append(np.median(pair.motions[i].speed_mm_s[rows][12:]))
        assert min(walked) > 11  # mm/s
        assert np.median(walked) > 45
        assert np.median(stood) < 4
        assert np.quantile(stood, 0.9) < 10


class TestBodies:
    def test_do_not_walk_through_one_another(self, pair: Pair) -> None:
        depth = np.where(on_another(pair.cast, 0, 1), -np.inf, deepest_overlap(*pair.motions))
        assert depth.max() < PAIR_OVERLAP_MM
        assert (depth > -3).mean() > 0.02  # they do touch

    @pytest.mark.parametrize(("animals", "seed"), [(4, 1), (4, 4), (8, 2), (8, 3), (8, 6)])
    def test_of_a_crowd_do_neither(self, animals: int, seed: int) -> None:
        cast = play(seed, animals=animals, frames=900)
        check_bouts(cast.bouts, individuals=cast.names, frames=900)
        motions = cast.motions()
        for i in range(animals):
            for j in range(i):
                depth = deepest_overlap(motions[i], motions[j])
                assert depth[~on_another(cast, i, j)].max() < CROWD_OVERLAP_MM

    def test_stay_in_the_box_and_on_the_floor(self, pair: Pair) -> None:
        half = np.array(pair.cast.floor_mm) / 2
        for motion in pair.motions:
            assert (np.abs(motion.surface.centre_mm[..., :2]) < half).all()
            assert motion.points_mm[..., 2].min() > -1.0

    def test_move_without_jumps_across_the_borders_of_bouts(self, pair: Pair) -> None:
        points = np.stack([m.points_mm for m in pair.motions], axis=1)
        speed = np.linalg.norm(np.diff(points, axis=0), axis=-1) * FPS
        change = np.linalg.norm(np.diff(points, 2, axis=0), axis=-1) * FPS**2
        tail = [MOUSE.skeleton.index(n) for n in ("tail middle", "tail tip")]
        body = [k for k in range(points.shape[2]) if k not in tail]
        assert speed[..., body].max() < 600  # mm/s
        assert speed[..., tail].max() < 800
        assert change[..., body].max() < 15_000  # mm/s2: sniffing and strokes of the head included
        assert change[..., tail].max() < 25_000
        borders = {b.first_frame for b in pair.cast.bouts if b.first_frame > 1}
        at = np.array(sorted(borders)) - 1
        trunk = [MOUSE.skeleton.index(n) for n in ("mid back", "left hip", "right hip")]
        assert change[at][..., trunk].max() < 4_500

    def test_feet_do_not_slide_in_walk(self, pair: Pair) -> None:
        walking = doing(pair.cast.bouts, NAMES, FRAMES) == "walk"
        for i, motion in enumerate(pair.motions):
            feet = motion.joints.position_mm[:, MOUSE.joints_at(limb.foot for limb in MOUSE.limbs)]
            down = (feet[..., 2] < 1e-6) & (walking[i] & (motion.speed_mm_s > 60))[:, None]
            stance = down[1:] & down[:-1]
            slip = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1)[stance]
            assert stance.sum() > 500
            assert np.quantile(slip, 0.9) < 0.2


class TestBehaviours:
    def test_rear_lifts_the_head_over_planted_hind_feet(self, pairs: list[Pair]) -> None:
        strayed = []
        for pair, rows, i, _ in each(pairs, "rear"):
            if rows.stop - rows.start < 1.5 * FPS:  # a short one stays low
                continue
            assert pair.key(i, "snout")[rows, 2].max() > 60
            if leaning(pair, i, rows).any():  # it steps up to the wall
                continue
            assert pair.joint(i, "left fore foot")[rows, 2].max() > 45
            for side in ("left", "right"):
                foot = pair.joint(i, f"{side} hind foot")[rows, :2]
                middle = foot[len(foot) // 4 : 3 * len(foot) // 4]
                strayed.append(np.linalg.norm(middle - middle.mean(0), axis=-1).max())
        assert np.median(strayed) < 1.5
        assert np.quantile(strayed, 0.9) < 3.5  # one that is pushed takes a step

    def test_some_rears_lean_on_a_wall_with_both_forepaws(self, pairs: list[Pair]) -> None:
        gaps = []
        for pair, rows, i, _ in each(pairs, "rear"):
            lean, half = leaning(pair, i, rows), np.array(pair.cast.floor_mm) / 2
            if (lean > 0.95).sum() < 8:
                continue
            for side in ("left", "right"):
                paw = pair.joint(i, f"{side} fore foot")[rows][lean > 0.95]
                assert paw[:, 2].min() > 30
                gaps.append((half - np.abs(paw[:, :2])).min(-1).max())
        assert len(gaps) > 6
        assert np.median(gaps) < 4
        assert max(gaps) < 12

    def test_groom_brings_the_paws_to_the_snout_and_strokes(self, pairs: list[Pair]) -> None:
        for pair, rows, i, _ in each(pairs, "groom"):
            near = np.linalg.norm(pair.joint(i, "left fore foot") - pair.key(i, "snout"), axis=-1)[rows]
            middle = near[len(near) // 3 : 2 * len(near) // 3]
            assert np.median(middle) < 11
            assert np.ptp(middle) > 3

    def test_long_groom_brings_the_mouth_to_the_fur_of_either_flank(self, pairs: list[Pair]) -> None:
        sides, gaps = [], []
        for pair, rows, i, _ in each(pairs, "groom"):
            lasts = rows.stop - rows.start
            if lasts < 4 * FPS:
                continue
            at = slice(rows.start + round(0.72 * lasts), rows.start + round(0.82 * lasts))
            motion, snout = pair.motions[i], pair.key(i, "snout")
            pelvis = motion.joints.rotation[at.start, 0]
            off = (snout[at.start] - pair.joint(i, "pelvis")[at.start]) @ pelvis
            if abs(off[1]) > 5:
                sides.append(float(off[1]))
                gaps.append(gap_to_trunk(motion, snout[at], at))
        long = sum(rows.stop - rows.start >= 4 * FPS for _, rows, _, _ in each(pairs, "groom"))
        assert len(sides) > 0.6 * long  # the others have no room at either side
        assert 0.2 < np.mean(np.array(sides) > 0) < 0.8
        gap = np.concatenate(gaps)
        assert np.median(np.abs(gap)) < 3
        assert np.quantile(np.abs(gap), 0.9) < 5

    def test_approach_comes_closer(self, pairs: list[Pair]) -> None:
        closer = []
        for pair, rows, i, j in each(pairs, "approach"):
            other = pair.motions[j].points_mm[rows, :8]  # without the tail
            gap = np.linalg.norm(pair.key(i, "snout")[rows, None] - other, axis=-1).min(-1)
            closer.append(gap[-1] < max(25, gap[0]))
        assert np.mean(closer) > 0.8

    @pytest.mark.parametrize(
        ("behaviour", "place", "median_mm", "most_mm"),
        [("nose-nose", "snout", 8, 11), ("nose-anogenital", "tail base", 14, 30)],
    )
    def test_sniffing_keeps_the_nose_there_while_both_move(
        self, pairs: list[Pair], behaviour: str, place: str, median_mm: float, most_mm: float
    ) -> None:
        gaps, moved = [], []
        for pair, rows, i, j in each(pairs, behaviour):
            gaps.append(np.linalg.norm(pair.key(i, "snout") - pair.key(j, place), axis=-1)[rows])
            moved.append(np.linalg.norm(np.ptp(pair.key(j, place)[rows], axis=0)))
        assert np.median(np.concatenate(gaps)) < median_mm
        assert np.quantile(np.concatenate(gaps), 0.9) < most_mm
        assert max(moved) > 10

    def test_follow_trails_the_partners_path(self, pairs: list[Pair]) -> None:
        off = []
        for pair, rows, i, j in each(pairs, "follow"):
            for f in range(rows.start + 10, rows.stop):
                path = pair.joint(j, "pelvis")[max(0, f - 60) : f + 1, :2]
                off.append(np.linalg.norm(path - pair.joint(i, "head")[f, :2], axis=-1).min())
        assert len(off) > 400
        assert np.median(off) < 17
        assert np.quantile(off, 0.9) < 50

    def test_mount_puts_the_forepaws_on_the_partners_back(self, pairs: list[Pair]) -> None:
        bouts = each(pairs, "mount")
        assert len(bouts) > 5
        for pair, rows, i, j in bouts:
            middle = slice(rows.start + 18, rows.start + (rows.stop - rows.start) // 2)
            back = pair.motions[j].joints.position_mm[:, MOUSE.joint_index["loin"]]
            for side in ("left", "right"):
                paw = pair.joint(i, f"{side} fore foot")[middle]
                assert np.linalg.norm(paw - back[middle], axis=-1).max() < 20
                assert paw[:, 2].min() > 12
            rise = pair.joint(i, "chest")[middle, 2] - pair.joint(i, "pelvis")[middle, 2]
            assert np.degrees(np.arcsin(rise / 34.3)).mean() > 20
            ahead = pair.motions[j].joints.rotation[middle, 0, :2, 0]
            own = pair.motions[i].joints.rotation[middle, 0, :2, 0]
            assert (ahead * own).sum(-1).mean() > 0.5

    def test_who_is_mounted_hollows_its_back_and_sets_off_now_and_then(self, pairs: list[Pair]) -> None:
        hollow, walked, moved = [], [], []
        for pair, rows, _, j in each(pairs, "mount"):
            middle = slice(rows.start + 18, rows.stop - 30)  # before it is let go
            pelvis, chest = pair.joint(j, "pelvis")[middle], pair.joint(j, "chest")[middle]
            sag = (pair.joint(j, "back")[middle] - pelvis - 2 / 3 * (chest - pelvis))[:, 2]
            hollow.append(sag.mean())
            does = doing(pair.cast.bouts, NAMES, FRAMES)[j, middle]
            walked.append((does == "walk").any())
            if walked[-1]:
                moved.append(np.linalg.norm(pelvis[-1] - pelvis[0]))
        calm = []
        for pair, rows, i, _ in each(pairs, "idle"):
            pelvis, chest = pair.joint(i, "pelvis")[rows], pair.joint(i, "chest")[rows]
            calm.append((pair.joint(i, "back")[rows] - pelvis - 2 / 3 * (chest - pelvis))[:, 2].mean())
        assert np.mean(hollow) < np.median(calm) - 1
        assert 0.1 < np.mean(walked) < 0.9
        assert np.median(moved) > 8

    def test_flee_runs_from_the_partner(self, pairs: list[Pair]) -> None:
        gained, fastest = [], []
        for pair, rows, i, j in each(pairs, "flee"):
            threat = pair.joint(j, "pelvis")[rows.start]  # which may run after it
            gap = np.linalg.norm(pair.joint(i, "pelvis")[rows] - threat, axis=-1)
            gained.append(gap.max() - gap[0])  # in a corner the way out may lead back past it
            fastest.append(pair.motions[i].speed_mm_s[rows].max())
        assert len(gained) > 30
        assert np.mean(gained) > 45
        assert np.median(fastest) > 200

    def test_huddle_rests_side_against_side(self, pairs: list[Pair]) -> None:
        depths, speeds = [], []
        for pair in pairs:
            depth = deepest_overlap(*pair.motions)
            for rows, i, _ in pair.of("huddle"):
                if rows.stop - rows.start > 3 * FPS:
                    settled = slice(rows.start + 45, rows.stop)
                    depths.append(np.median(depth[settled]))
                    speeds.append(np.median(pair.motions[i].speed_mm_s[settled]))
        assert len(depths) > 20
        assert min(depths) > -6
        assert np.quantile(speeds, 0.9) < 4
        assert max(speeds) < 12  # one whose partner shifts
