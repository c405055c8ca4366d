"""The common clock of a recording: offsets, tables, and views that cannot be placed on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbea_engine.data.sync import MAX_CELLS, MAX_TICKS, BadSync, SyncRuns, SyncTable
from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_recording
from webapp.recordings.models import Recording, Video
from webapp.recordings.sync import Sync, recording_sync_set, sync_of

pytestmark = pytest.mark.django_db
DROPS = {"ticks": 12, "views": {"top": [[0, 0, 4], [5, 4, 6]], "side": [[2, 0, 10]]}}


@pytest.fixture
def recording() -> Recording:
    return pretend_recording(make_project(), {"top": 10, "side": 10})


def put(recording: Recording, body: Any) -> Any:
    client = client_of(owner_of(recording.project))
    return send(client, "PUT", f"/api/v1/recordings/{recording.pk}/sync", body)


def fresh(recording: Recording) -> Recording:
    return Recording.objects.get(pk=recording.pk)


class TestAligned:
    def test_the_table_of_views_that_start_together(self) -> None:
        recording = pretend_recording(make_project(), {"top": 10, "side": 7})
        sync = sync_of(recording)
        aligned = SyncTable.aligned({"top": 10, "side": 7})
        assert (sync.source, sync.to_dict()) == ("aligned", aligned.to_dict())
        assert np.array_equal(sync.table().frames, aligned.frames)
        assert sync.problems == {}

    def test_a_view_that_is_not_ready_has_no_frames_and_hinders_no_other(self) -> None:
        recording = pretend_recording(make_project(), {"top": 10, "side": 0})
        assert sync_of(recording).to_dict() == {"ticks": 10, "views": {"top": [[0, 0, 10]], "side": []}}

    def test_no_view_is_ready(self) -> None:
        sync = sync_of(pretend_recording(make_project(), {"top": 0}))
        assert sync.to_dict() == {"ticks": 1, "views": {"top": []}}
        assert sync.table().ticks == 1


class TestOffsets:
    def test_the_tick_of_each_views_first_frame(self, recording: Recording) -> None:
        answer = put(recording, {"offsets": {"side": 3}}).json()
        assert answer["sync"] == {"ticks": 13, "views": {"top": [[0, 0, 10]], "side": [[3, 0, 10]]}}
        assert answer["sync_source"] == "offsets"
        assert [view["offset_ticks"] for view in answer["views"]] == [0, 3]

    @settings(max_examples=25)
    @given(offsets=st.tuples(*[st.integers(-(10**6), 10**6)] * 3))
    def test_only_differences_count(self, offsets: tuple[int, int, int]) -> None:
        """Against a table of frames that is filled one by one."""
        recording = pretend_recording(make_project(), {"a": 3, "b": 2, "c": 1})
        names = ("a", "b", "c")
        moved = recording_sync_set(
            recording=recording,
            offsets=dict(zip(names, offsets, strict=True)),
            by=owner_of(recording.project),
        )
        sync = sync_of(moved)
        last = 0
        for view, offset, count in zip(names, offsets, (3, 2, 1), strict=True):
            shown = {tick + n: frame + n for tick, frame, length in sync.runs[view] for n in range(length)}
            assert shown == {offset - min(offsets) + frame: frame for frame in range(count)}
            last = max(last, *shown)
        assert sync.ticks == last + 1
        Recording.objects.all().delete()

    def test_all_equal_is_aligned(self, recording: Recording) -> None:
        put(recording, {"offsets": {"top": 1, "side": 4}})
        assert put(recording, {"offsets": {"top": 4, "side": 4}}).json()["sync_source"] == "aligned"
        assert fresh(recording).sync_offsets is None

    def test_a_view_that_becomes_ready_later_finds_its_place(self) -> None:
        recording = pretend_recording(make_project(), {"top": 10, "side": 0})
        put(recording, {"offsets": {"side": 4}})
        Video.objects.filter(view="side").update(state=Video.State.READY, frame_count=8)
        assert sync_of(fresh(recording)).runs["side"] == [[4, 0, 8]]

    @pytest.mark.parametrize(
        ("offsets", "words"),
        [({"bottom": 1}, "no view 'bottom'; this recording has 'top', 'side'"), ({"side": 10**9}, "at most")],
    )
    def test_refusals(self, recording: Recording, offsets: dict[str, int], words: str) -> None:
        answer = put(recording, {"offsets": offsets})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_sync")
        assert words in answer.json()["detail"]
        assert fresh(recording).sync_offsets is None


class TestTable:
    def test_it_is_answered_as_it_was_given(self, recording: Recording) -> None:
        answer = put(recording, {"table": DROPS}).json()
        assert answer["sync"] == DROPS
        assert answer["sync_source"] == "table"
        offsets = {view["view"]: view["offset_ticks"] for view in answer["views"]}
        assert offsets == {"top": None, "side": 2}, "a view with a drop has no one offset"

    def test_a_view_that_begins_with_a_later_frame_has_its_first_one_before_the_clock(
        self, recording: Recording
    ) -> None:
        table = {"ticks": 6, "views": {"top": [[0, 4, 6]], "side": [[1, 0, 5]]}}
        answer = put(recording, {"table": table}).json()
        assert [view["offset_ticks"] for view in answer["views"]] == [-4, 1]
        same = put(recording, {"offsets": {"top": -4, "side": 1}}).json()["sync"]["views"]
        assert same["side"][0][0] - same["top"][0][0] == 5, "offsets say the same of the two"

    @pytest.mark.parametrize("state", [Video.State.PENDING, Video.State.FAILED])
    def test_it_keeps_the_place_of_a_view_that_is_not_ready(self, recording: Recording, state: str) -> None:
        recording.videos.filter(view="side").update(state=state, frame_count=0)
        answer = put(recording, {"table": DROPS}).json()
        assert answer["sync"] == DROPS
        assert [view["sync_problem"] for view in answer["views"]] == [None, None]
        assert put(recording, {}).json()["sync"]["views"]["side"] == [], "nothing else gives it one"

    def test_it_replaces_offsets_and_goes_again(self, recording: Recording) -> None:
        put(recording, {"offsets": {"side": 3}})
        put(recording, {"table": DROPS})
        assert (fresh(recording).sync_offsets, fresh(recording).sync) == (None, DROPS)
        assert put(recording, {}).json()["sync_source"] == "aligned"
        assert fresh(recording).sync is None

    @pytest.mark.parametrize(
        ("table", "words"),
        [
            ({"ticks": 10, "views": {"bottom": [[0, 0, 10]]}}, "'bottom'; this recording has 'top', 'side'"),
            ({"ticks": 11, "views": {"top": [[0, 0, 11]]}}, "'top' has 10 frames, but frame 10"),
            ({"ticks": 11, "views": {"top": [[0, 5, 2], [2, 3, 1]]}}, "increase from tick to tick"),
            ({"ticks": 10, "views": {"top": [[0, 0, 20]]}}, "leaves 0..9"),
            ({"ticks": 10, "views": {}}, "one or more views"),
            ({"views": {}}, "'ticks'"),
            ({"ticks": 10**12, "views": {"top": []}}, "ticks"),
            ({"ticks": 12.7, "views": {"top": []}}, "12.7"),
        ],
    )
    def test_refusals_change_nothing(self, recording: Recording, table: Any, words: str) -> None:
        put(recording, {"offsets": {"side": 3}})
        answer = put(recording, {"table": table})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_sync")
        assert words in answer.json()["detail"]
        assert fresh(recording).sync_offsets == {"top": 0, "side": 3}

    def test_not_with_offsets_at_once(self, recording: Recording) -> None:
        assert put(recording, {"table": DROPS, "offsets": {}}).status_code == 422

    def test_a_view_that_it_leaves_out_is_told(self, recording: Recording) -> None:
        answer = put(recording, {"table": {"ticks": 10, "views": {"top": [[0, 0, 10]]}}}).json()
        assert answer["sync"]["views"] == {"top": [[0, 0, 10]], "side": []}
        top, side = answer["views"]
        assert top["sync_problem"] is None
        assert "does not name view 'side'" in side["sync_problem"]

    def test_a_video_that_turns_out_too_short_is_told_and_the_others_stay(self) -> None:
        """The rule is `SyncTable.require`; here it is met once the video has been read."""
        recording = pretend_recording(make_project(), {"top": 10, "side": 0})
        put(recording, {"table": DROPS})
        assert sync_of(fresh(recording)).problems == {}
        Video.objects.filter(view="side").update(state=Video.State.READY, frame_count=9)
        with pytest.raises(BadSync):
            SyncTable.from_dict(DROPS).require({"side": 9})
        sync = sync_of(fresh(recording))
        assert sync.problems.keys() == {"side"}
        assert "has 9 frames, but the sync table shows its frame 9 at tick 11" in sync.problems["side"]
        assert (sync.runs["side"], sync.runs["top"]) == ([], DROPS["views"]["top"])  # type: ignore[index]
        Video.objects.filter(view="side").update(frame_count=10)
        assert sync_of(fresh(recording)).problems == {}


class TestDigest:
    def test_it_changes_with_what_a_view_shows(self, recording: Recording) -> None:
        seen = {put(recording, body).json()["sync_digest"] for body in ({}, {"offsets": {"side": 3}})}
        seen.add(put(recording, {"table": DROPS}).json()["sync_digest"])
        assert len(seen) == 3
        again = put(recording, {"offsets": {"side": 3, "top": 0}}).json()["sync_digest"]
        assert again in seen

    def test_a_view_that_joins_changes_nothing_for_the_others(self, recording: Recording) -> None:
        before = sync_of(recording).digest(["top", "side"])
        Video.objects.create(
            recording=recording, view="new", source_path="x", state=Video.State.READY, frame_count=99
        )
        after = sync_of(fresh(recording))
        assert after.ticks == 99
        assert after.digest(["side", "top"]) == before
        assert after.digest(["side", "top", "new"]) != before

    def test_offsets_and_the_table_that_says_the_same_are_one(self, recording: Recording) -> None:
        by_offset = put(recording, {"offsets": {"side": 3}}).json()
        assert put(recording, {"table": by_offset["sync"]}).json()["sync_digest"] == by_offset["sync_digest"]


def test_offset_of_a_cut_view() -> None:
    runs = {"a": [[5, 2, 3]], "b": [], "c": [[0, 0, 1], [2, 1, 1]]}
    sync = Sync(source="table", ticks=20, runs=runs, problems={})
    assert [sync.offset_of(view) for view in ("a", "b", "c", "none")] == [3, None, None, None]


class TestLongest:
    """Whatever was accepted can be read: a table of all views never has more cells than the engine takes."""

    VIEWS = tuple(f"cam-{n}" for n in range(8))
    LONGEST = MAX_CELLS // len(VIEWS)

    def test_an_endless_number_is_bad_sync(self, recording: Recording) -> None:
        answer = put(recording, {"table": {"ticks": float("inf"), "views": {"top": []}}})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_sync")

    def test_offsets_that_only_fewer_views_could_have(self) -> None:
        recording = pretend_recording(make_project(), dict.fromkeys(self.VIEWS, 1))
        assert self.LONGEST < MAX_TICKS
        answer = put(recording, {"offsets": {"cam-1": self.LONGEST}})
        assert f"with 8 views at most {self.LONGEST} can be" in answer.json()["detail"]
        assert put(recording, {"offsets": {"cam-1": self.LONGEST - 1}}).status_code == 200
        assert sync_of(fresh(recording)).ticks == self.LONGEST

    def test_a_table_that_only_fewer_views_could_have(self) -> None:
        recording = pretend_recording(make_project(), dict.fromkeys(self.VIEWS, 1))
        answer = put(recording, {"table": {"ticks": self.LONGEST + 1, "views": {"cam-1": []}}})
        assert f"with 8 views at most {self.LONGEST} can be" in answer.json()["detail"]

    @pytest.mark.parametrize("by_table", [True, False])
    def test_one_that_turns_out_too_long_is_told_and_the_others_stay(self, by_table: bool) -> None:
        counts = dict.fromkeys(self.VIEWS[:4], 5)
        recording = pretend_recording(make_project(), {**counts, "cam-0": MAX_TICKS})
        if by_table:
            views = {"cam-0": [[0, 0, MAX_TICKS]], "cam-1": [[1, 0, 4]]}
            assert put(recording, {"table": {"ticks": MAX_TICKS, "views": views}}).status_code == 200
        assert sync_of(fresh(recording)).ticks == MAX_TICKS
        Video.objects.create(recording=recording, view="fifth", source_path="x")
        sync = sync_of(fresh(recording))
        assert sync.runs["cam-0"] == []
        assert f"counts {MAX_CELLS // 5} ticks at most" in sync.problems["cam-0"]
        assert sync.runs["cam-1"] == ([[1, 0, 4]] if by_table else [[0, 0, 5]])
        assert sync.ticks * len(sync.runs) <= MAX_CELLS
        SyncRuns.from_dict(sync.to_dict())
