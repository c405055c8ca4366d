"""What stays held out when labels are added and training goes on."""

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.splits import BadHoldout, split_holdout
from sbea_engine.pose.warm_split import Known, split_as_before

SKELETON = Skeleton(keypoints=("nose",))


def labels_of(*frames: FrameSource) -> LabelSet:
    return LabelSet(
        skeleton=SKELETON,
        individuals=("mouse",),
        frames=frames,
        points_px=np.ones((len(frames), 1, 1, 2), np.float32),
        visibility=np.full((len(frames), 1, 1), Visibility.VISIBLE, np.int8),
    )


def frame(video: str, index: int, *, recording: str | None = None, tick: int | None = None) -> FrameSource:
    return FrameSource(video=video, index=index, path=Path("no.mp4"), recording=recording, tick=tick)


def known_after(labels: LabelSet, holdout: str) -> Known:
    """What a model knows that was trained anew on these labels."""
    split = split_holdout(labels, holdout)
    found: list[dict[str, frozenset[int]]] = []
    for rows in (split.train, split.test):
        frames: dict[str, set[int]] = {}
        for row in rows.tolist():
            frames.setdefault(labels.frames[row].video, set()).add(int(labels.frames[row].index))
        found.append({video: frozenset(indices) for video, indices in frames.items()})
    return Known(name="model 1", holdout=holdout, learned=found[0], held_out=found[1])


def held_out(labels: LabelSet, holdout: str, known: Known) -> list[tuple[str, int]]:
    split = split_as_before(labels, holdout, known)
    assert sorted([*split.train.tolist(), *split.test.tolist()]) == list(range(len(labels)))
    return sorted((labels.frames[row].video, int(labels.frames[row].index)) for row in split.test.tolist())


def scene(*indices: int, video: str = "v") -> tuple[FrameSource, ...]:
    return tuple(frame(video, index) for index in indices)


FIRST = labels_of(*scene(*range(0, 100, 10)))
"""Ten frames; with `last:0.2` the frames 80 and 90 are held out."""


@pytest.mark.parametrize("added", [(), (5, 15, 25, 35), (91, 92, 93, 94, 95), (2, 77, 88)])
def test_no_learned_frame_is_tested_on_and_no_tested_one_learned(added: tuple[int, ...]) -> None:
    known = known_after(FIRST, "last:0.2")
    found = held_out(labels_of(*FIRST.frames, *scene(*added)), "last:0.2", known)
    assert {("v", 80), ("v", 90)} <= set(found)
    assert not {("v", i) for i in range(0, 80, 10)} & set(found)


def test_starting_anew_would_have_tested_on_what_was_learned() -> None:
    """Why the share cannot simply be taken again."""
    more = labels_of(*FIRST.frames, *scene(75, 76, 77, 78, 79, 61, 62, 63, 64, 65))
    known = known_after(FIRST, "last:0.2")
    anew = {int(more.frames[row].index) for row in split_holdout(more, "last:0.5").test.tolist()}
    assert anew & known.learned["v"]


def test_new_frames_follow_the_nearest_that_was_known() -> None:
    known = known_after(FIRST, "last:0.2")
    more = labels_of(*FIRST.frames, *scene(72, 74, 75, 76, 99, 300))
    # 75 is as near to a learned frame as to a held-out one: it does not train.
    assert held_out(more, "last:0.2", known) == [("v", i) for i in (75, 76, 80, 90, 99, 300)]


def test_a_block_in_the_middle_stays_in_the_middle() -> None:
    known = known_after(FIRST, "block:0.4-0.6")
    more = labels_of(*FIRST.frames, *scene(1, 2, 3, 4, 41, 49, 56))
    assert held_out(more, "block:0.4-0.6", known) == [("v", i) for i in (40, 41, 49, 50)]


def test_labels_that_are_gone_still_say_where_the_stretch_was() -> None:
    known = known_after(FIRST, "last:0.2")
    assert held_out(labels_of(*scene(0, 1, 2, 3, 86)), "last:0.2", known) == [("v", 86)]


def test_a_new_recording_is_divided_by_the_holdout() -> None:
    known = known_after(FIRST, "last:0.2")
    more = labels_of(*FIRST.frames, *scene(*range(5), video="w"))
    assert held_out(more, "last:0.2", known) == [("v", 80), ("v", 90), ("w", 4)]


class TestShortRecordings:
    """Of two labels each: they are divided together, and stay as they were divided."""

    FIRST = labels_of(*(f for n in range(10) for f in scene(10, 500, video=f"v{n}")))
    HELD = [(f"v{n}", index) for n in (8, 9) for index in (10, 500)]

    def test_more_labels_move_nothing(self) -> None:
        known = known_after(self.FIRST, "last:0.2")
        more = [f for n in (0, 8) for f in scene(20, 400, 499, 600, video=f"v{n}")]
        found = held_out(labels_of(*self.FIRST.frames, *more), "last:0.2", known)
        assert found == sorted([*self.HELD, *(("v8", index) for index in (20, 400, 499, 600))])

    def test_new_ones_are_divided_among_themselves(self) -> None:
        """However their names lie between those that were known."""
        known = known_after(self.FIRST, "last:0.2")
        new = [f for n in range(5) for f in scene(1, 2, video=f"v0 {n}")]
        found = held_out(labels_of(*self.FIRST.frames, *new), "last:0.2", known)
        assert found == sorted([*self.HELD, ("v0 4", 1), ("v0 4", 2)])


class TestViews:
    """Views of one moment are on one side, as in a training that starts anew."""

    @staticmethod
    def views(*ticks: int, names: tuple[str, ...] = ("r/top", "r/side")) -> tuple[FrameSource, ...]:
        return tuple(frame(name, t + 7, recording="r", tick=t) for t in ticks for name in names)

    def test_a_moment_that_one_view_learned_is_not_tested_in_another(self) -> None:
        top = labels_of(*self.views(*range(0, 100, 10), names=("r/top",)))
        known = known_after(top, "last:0.2")
        more = labels_of(*top.frames, *self.views(20, 70, 80, names=("r/side",)))
        assert held_out(more, "last:0.2", known) == [("r/side", 87), ("r/top", 87), ("r/top", 97)]

    def test_a_new_view_at_new_moments_follows_the_recording(self) -> None:
        top = labels_of(*self.views(*range(0, 100, 10), names=("r/top",)))
        known = known_after(top, "last:0.2")
        more = labels_of(*top.frames, *self.views(21, 83, names=("r/side",)))
        assert held_out(more, "last:0.2", known) == [("r/side", 90), ("r/top", 87), ("r/top", 97)]


class TestVideos:
    two = labels_of(*scene(0, 1, 2), *scene(0, 1, video="w"))

    def test_held_out_videos_stay_so(self) -> None:
        known = known_after(self.two, "videos:w")
        more = labels_of(*self.two.frames, *scene(5, 6, video="w"), *scene(9), *scene(0, video="x"))
        assert held_out(more, "videos:w", known) == [("w", i) for i in (0, 1, 5, 6)]

    def test_a_further_video_may_be_held_out(self) -> None:
        known = known_after(self.two, "videos:w")
        more = labels_of(*self.two.frames, *scene(0, video="x"))
        assert held_out(more, "videos:w,x", known) == [("w", 0), ("w", 1), ("x", 0)]

    def test_a_learned_video_may_not(self) -> None:
        with pytest.raises(BadHoldout, match="has learned frames of v"):
            split_as_before(self.two, "videos:v,w", known_after(self.two, "videos:w"))


class TestRefusals:
    def test_another_share_would_test_on_learned_frames(self) -> None:
        with pytest.raises(BadHoldout, match=r"model 1 held out 'last:0\.2'"):
            split_as_before(FIRST, "block:0-0.2", known_after(FIRST, "last:0.2"))

    def test_nothing_is_left_that_was_not_learned(self) -> None:
        with pytest.raises(BadHoldout, match="there is no honest figure"):
            split_as_before(FIRST, "last:0.2", known_after(FIRST, "none"))

    def test_everything_was_held_out(self) -> None:
        with pytest.raises(BadHoldout, match="nothing is left to learn from"):
            split_as_before(labels_of(*scene(85, 95)), "last:0.2", known_after(FIRST, "last:0.2"))


def test_holding_nothing_out_is_allowed_and_tests_nothing() -> None:
    split = split_as_before(FIRST, "none", known_after(FIRST, "last:0.2"))
    assert (len(split.train), len(split.test)) == (10, 0)


def test_after_a_model_that_learned_all_a_new_recording_can_be_held_out() -> None:
    known = known_after(FIRST, "none")
    more = labels_of(*FIRST.frames, *scene(*range(10), video="w"))
    assert held_out(more, "last:0.2", known) == [("w", 8), ("w", 9)]
    assert held_out(more, "videos:w", known) == [("w", i) for i in range(10)]
