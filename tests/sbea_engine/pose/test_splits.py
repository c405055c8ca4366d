from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.splits import BadHoldout, Rows, split_holdout, split_validation


def labels(*videos: tuple[str, list[int]]) -> LabelSet:
    frames = tuple(FrameSource(video=v, index=i, path=Path("x.png")) for v, rows in videos for i in rows)
    return LabelSet(
        skeleton=Skeleton(keypoints=("a", "b")),
        individuals=("mouse",),
        frames=frames,
        points_px=np.ones((len(frames), 1, 2, 2), dtype=np.float32),
        visibility=np.full((len(frames), 1, 2), 2, dtype=np.int8),
    )


def rig(ticks: dict[str, list[int]], *, starts: dict[str, int]) -> LabelSet:
    """Views of one recording, each labelled at some ticks; frame 0 of a view is shown where it starts."""
    rows = labels(*((view, [tick - starts[view] for tick in own]) for view, own in ticks.items()))
    shown = [replace(f, recording="take", tick=f.index + starts[f.video]) for f in rows.frames]
    return replace(rows, frames=tuple(shown))


def moments(rows: LabelSet, part: Rows) -> set[tuple[str, int]]:
    return {rows.frames[row].moment for row in part}


def unlabelled(rows: LabelSet, *, keep: list[int]) -> LabelSet:
    """The same rows with nothing said of any but those to keep."""
    points, visibility = np.array(rows.points_px), np.array(rows.visibility)
    others = np.setdiff1d(np.arange(len(rows)), keep)
    points[others], visibility[others] = np.nan, Visibility.UNLABELLED
    return replace(rows, points_px=points, visibility=visibility)


class TestSplitHoldout:
    def test_last_fifth_is_last_in_time_and_not_in_the_file(self) -> None:
        shuffled = labels(("v", [90, 0, 50, 10, 20, 80, 30, 40, 70, 60]))
        split = split_holdout(shuffled, "last:0.2")
        assert [shuffled.frames[i].index for i in split.test] == [80, 90]
        assert [shuffled.frames[i].index for i in split.train] == [0, 10, 20, 30, 40, 50, 60, 70]

    def test_last_is_taken_from_each_video(self) -> None:
        two = labels(("v", list(range(10))), ("w", list(range(5))))
        test = split_holdout(two, "last:0.2").test
        assert [(two.frames[i].video, two.frames[i].index) for i in test] == [("v", 8), ("v", 9), ("w", 4)]

    def test_block(self) -> None:
        one = labels(("v", list(range(10))))
        assert split_holdout(one, "block:0.6-0.8").test.tolist() == [6, 7]

    def test_videos(self) -> None:
        two = labels(("v", [0, 1]), ("w", [0, 1]))
        split = split_holdout(two, "videos: w")
        assert split.test.tolist() == [2, 3]
        assert split.train.tolist() == [0, 1]

    def test_frames_that_nobody_labelled_are_in_neither_part(self) -> None:
        """Of twenty rows four are labelled; the last half of these is the test."""
        rows = unlabelled(labels(("v", list(range(20)))), keep=[1, 4, 9, 12])
        split = split_holdout(rows, "last:0.5")
        assert split.train.tolist() == [1, 4]
        assert split.test.tolist() == [9, 12]
        assert split_holdout(rows, "none").train.tolist() == [1, 4, 9, 12]

    def test_nothing_is_measured_on_frames_without_a_placed_keypoint(self) -> None:
        rows = labels(("v", list(range(10))))
        points, visibility = np.array(rows.points_px), np.array(rows.visibility)
        points[8:], visibility[8:] = np.nan, Visibility.ABSENT
        absent = replace(rows, points_px=points, visibility=visibility)
        others = tuple(replace(source, video="w") for source in absent.frames[8:])
        split = split_holdout(absent, "last:0.25")
        assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 2, 3, 4, 5, 8, 9], [6, 7])
        fit, validates = split_validation(absent, split.train, 0.3)
        assert set(validates.tolist()) < {0, 1, 2, 3, 4, 5}
        assert {8, 9} < set(fit.tolist())
        with pytest.raises(BadHoldout, match="leaves 2 labelled frames to test on, and on none"):
            split_holdout(replace(absent, frames=(*absent.frames[:8], *others)), "videos:w")

    def test_a_video_that_nobody_labelled_cannot_be_held_out(self) -> None:
        two = unlabelled(labels(("v", [0, 1]), ("w", [0, 1])), keep=[0, 1])
        with pytest.raises(BadHoldout, match="2 labelled frames to train on and 0 to test on"):
            split_holdout(two, "videos:w")

    def test_views_of_one_moment_are_on_one_side(self) -> None:
        """The last third of what each view has labelled would begin at another tick in each."""
        views = rig({"a": list(range(9)), "b": [6, 7, 8], "c": [0, 1, 2, 8]}, starts={"a": 0, "b": 5, "c": 0})
        split = split_holdout(views, "last:0.33")
        assert moments(views, split.test) == {("take", tick) for tick in (6, 7, 8)}
        assert [views.frames[row].video for row in split.test] == ["a"] * 3 + ["b"] * 3 + ["c"]
        assert not moments(views, split.test) & moments(views, split.train)

    def test_each_recording_gives_its_part(self) -> None:
        views = rig({"a": list(range(10)), "b": list(range(10))}, starts={"a": 0, "b": 0})
        alone = labels(("take 2", list(range(5))))
        both = replace(
            views,
            frames=views.frames + alone.frames,
            points_px=np.concatenate([views.points_px, alone.points_px]),
            visibility=np.concatenate([views.visibility, alone.visibility]),
        )
        found = moments(both, split_holdout(both, "last:0.2").test)
        assert found == {("take", 8), ("take", 9), ("take 2", 4)}

    def test_none_keeps_all(self) -> None:
        split = split_holdout(labels(("v", [5, 1])), "none")
        assert split.train.tolist() == [1, 0]
        assert len(split.test) == 0

    @pytest.mark.parametrize(
        ("holdout", "reason"),
        [
            ("last", "numbers"), ("last:x", "numbers"), ("last:0", "shares"),
            ("last:1", "something"), ("last:-0.2", "shares"), ("last:nan", "shares"),
            ("block:0.8-0.2", "shares"), ("block:0-1", "left"),
            ("videos:", "Name the videos"), ("videos:z", "'z'"),
            ("videos:v", "leaves 0"), ("random:0.2", "not"),
        ],
    )  # fmt: skip
    def test_refuses(self, holdout: str, reason: str) -> None:
        with pytest.raises(BadHoldout, match=reason):
            split_holdout(labels(("v", list(range(10)))), holdout)


FIFTHS = ("block:0-0.2", "block:0.2-0.4", "block:0.4-0.6", "block:0.6-0.8", "block:0.8-1")


def fifths(rows: LabelSet) -> list[list[tuple[str, int]]]:
    """Video and index of what each fifth holds out; the same by the benchmark's way of writing it."""
    held = [split_holdout(rows, fifth).test for fifth in FIFTHS]
    written = [f"block:{fold / 5:.6f}-{(fold + 1) / 5:.6f}" for fold in range(5)]
    assert [split_holdout(rows, fifth).test.tolist() for fifth in written] == [test.tolist() for test in held]
    return [[(rows.frames[i].video, rows.frames[i].index) for i in test] for test in held]


class TestLongRecordings:
    """Published figures rest on these."""

    def test_fifths_of_116_frames(self) -> None:
        ends = (0, 23, 46, 70, 93, 116)
        wanted = [[("v", i) for i in range(*pair)] for pair in pairwise(ends)]
        assert fifths(labels(("v", list(range(116))))) == wanted

    def test_fifths_of_two_recordings_of_40(self) -> None:
        two = labels(("v", list(range(40))), ("w", list(range(40))))
        wanted = [[(v, 8 * fold + i) for v in "vw" for i in range(8)] for fold in range(5)]
        assert fifths(two) == wanted

    def test_short_ones_beside_them_move_nothing(self) -> None:
        alone, beside = (
            fifths(labels(("v", list(range(43))), *more)) for more in ([], [("a", [1, 2]), ("w", [0, 3, 5])])
        )
        assert [[frame for frame in fold if frame[0] == "v"] for fold in beside] == alone


class TestShortRecordings:
    THIRTY = tuple((f"video {n:02}", [10, 500]) for n in range(30))

    def test_the_last_fifth_of_thirty_videos_is_the_last_six(self) -> None:
        rows = labels(*reversed(self.THIRTY))  # by name, not as the file has them
        test = split_holdout(rows, "last:0.2").test
        assert {rows.frames[i].video for i in test} == {name for name, _ in self.THIRTY[-6:]}
        assert len(test) == 12

    def test_each_fifth_of_thirty_videos_is_six_of_them(self) -> None:
        found = fifths(labels(*self.THIRTY))
        assert [len(fold) for fold in found] == [12] * 5
        assert sorted(chain(*found)) == [(name, i) for name, own in self.THIRTY for i in own]

    @pytest.mark.parametrize("each", [1, 3, 4])
    def test_no_fifth_is_empty_or_far_from_a_fifth(self, each: int) -> None:
        found = fifths(labels(*((f"{n:02}", list(range(each))) for n in range(11))))
        assert all(abs(len(fold) - 11 * each / 5) <= 1 for fold in found)

    def test_a_large_share_leaves_something_to_train_on(self) -> None:
        split = split_holdout(labels(*self.THIRTY), "last:0.8")
        assert (len(split.train), len(split.test)) == (12, 48)

    def test_views_of_one_moment_are_on_one_side(self) -> None:
        """Nine takes of two moments, the second of them seen by two cameras, which started at other times."""
        rows = labels(
            *((f"{n}/{view}", ticks) for n in range(9) for view, ticks in (("a", [3, 90]), ("b", [70])))
        )
        shown = [
            replace(f, recording=f"take {f.video[0]}", tick=f.index + 20 * f.video.endswith("b"))
            for f in rows.frames
        ]
        rows = replace(rows, frames=tuple(shown))
        held = [moments(rows, split_holdout(rows, fifth).test) for fifth in FIFTHS]
        assert sorted(moment for part in held for moment in part) == sorted({f.moment for f in shown})
        assert [len(part) for part in held] == [4, 3, 4, 3, 4]

    @example(lengths=[1, 1], folds=2)
    @given(st.lists(st.integers(1, 17), min_size=1, max_size=12), st.integers(2, 12))
    def test_blocks_share_out_every_moment_once(self, lengths: list[int], folds: int) -> None:
        assume(sum(lengths) >= folds)
        rows = labels(*((f"{n:02}", list(range(length))) for n, length in enumerate(lengths)))
        held = [
            split_holdout(rows, f"block:{fold / folds:.6f}-{(fold + 1) / folds:.6f}").test.tolist()
            for fold in range(folds)
        ]
        assert sorted(chain(*held)) == list(range(len(rows)))


class TestSplitValidation:
    def test_three_blocks_that_share_nothing_with_the_rest(self) -> None:
        some = labels(("v", list(range(60))))
        fit, validation = split_validation(some, some.time_order(), 0.15)
        assert len(validation) == 9
        assert np.count_nonzero(np.diff(validation) > 1) == 2
        assert sorted([*fit, *validation]) == list(range(60))

    @given(
        st.lists(st.sets(st.integers(20, 60), min_size=1), min_size=1, max_size=4),
        st.lists(st.integers(0, 20), min_size=4, max_size=4),
    )
    def test_views_of_one_moment_are_on_one_side(self, seen: list[set[int]], starts: list[int]) -> None:
        """Whatever each view has labelled, and however late it started."""
        assume(len(set().union(*seen)) >= 2)
        views = rig(
            {str(v): sorted(own) for v, own in enumerate(seen)},
            starts={str(v): start for v, start in enumerate(starts)},
        )
        fit, validation = split_validation(views, views.time_order(), 0.15)
        assert len(fit) >= 1
        assert len(validation) >= 1
        assert sorted([*fit, *validation]) == list(range(len(views)))
        assert not moments(views, fit) & moments(views, validation)

    def test_one_moment_cannot_be_divided_however_many_views_saw_it(self) -> None:
        views = rig({"a": [3], "b": [3], "c": [3]}, starts={"a": 0, "b": 1, "c": 2})
        with pytest.raises(TooFewLabels, match="3 labelled frames of 1 moments"):
            split_validation(views, views.time_order(), 0.15)

    @pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
    def test_few_frames(self, count: int) -> None:
        some = labels(("v", list(range(count))))
        fit, validation = split_validation(some, some.time_order(), 0.15)
        assert len(validation) >= 1
        assert len(fit) >= 1

    def test_the_only_labels_of_a_keypoint_are_fitted_on(self) -> None:
        some = labels(("v", list(range(20))))
        points, visibility = np.array(some.points_px), np.full((20, 1, 2), 2, dtype=np.int8)
        _, would_be = split_validation(some, some.time_order(), 0.15)
        lonely = int(would_be[1])
        points[np.arange(20) != lonely, :, 1], visibility[np.arange(20) != lonely, :, 1] = np.nan, -1
        some = LabelSet(
            skeleton=some.skeleton, individuals=some.individuals, frames=some.frames, points_px=points,
            visibility=visibility,
        )  # fmt: skip
        fit, _ = split_validation(some, some.time_order(), 0.15)
        assert lonely in fit

    def test_the_only_labels_of_an_individual_are_fitted_on(self) -> None:
        """One is on every frame, another on four in the middle of a block that would validate."""
        rows, seen_at = labels(("v", list(range(100)))), range(15, 19)
        points, visibility = np.repeat(rows.points_px, 2, axis=1), np.repeat(rows.visibility, 2, axis=1)
        others = np.setdiff1d(np.arange(100), seen_at)
        points[others, 1], visibility[others, 1] = np.nan, Visibility.UNLABELLED
        two = replace(rows, individuals=("a", "b"), points_px=points, visibility=visibility)
        fit, validation = split_validation(two, two.time_order(), 0.15)
        assert set(seen_at) & set(validation)  # the block lies where it did
        assert set(seen_at) & set(fit)

    def test_one_frame_cannot_be_divided(self) -> None:
        some = labels(("v", [0]))
        with pytest.raises(TooFewLabels, match="Label more"):
            split_validation(some, some.time_order(), 0.15)
