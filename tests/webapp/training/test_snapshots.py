"""What a snapshot tells the engine of time: which frames of several views show one moment."""

from __future__ import annotations

import pytest

from sbea_engine.data import Visibility
from tests.webapp.factories import MOUSE, make_project, owner_of
from tests.webapp.recordings.factories import pretend_recording
from tests.workers.project_rows import label_frames
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.services import LabelledInstance, labels_write
from webapp.recordings import storage
from webapp.recordings.models import Recording
from webapp.recordings.sync import recording_sync_set
from webapp.training.snapshots import label_set, snapshot_create, snapshot_load

pytestmark = pytest.mark.django_db


def labelled(views: dict[str, int], name: str) -> Recording:
    """A recording of these views with labels on frames 2 and 3 of each; the files are there and empty."""
    recording = pretend_recording(make_project(), views, name=name)
    for video in recording.videos.all():
        file = storage.stored_path(video.source_path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        label_frames(video, range(2, 4))
    return recording


def moments(recording: Recording) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for source in label_set(project=recording.project).frames:
        found.setdefault(source.video, []).append(source.moment)
    return found


def test_views_that_started_apart_share_their_ticks() -> None:
    recording = labelled({"top": 9, "side": 9}, "take")
    by = owner_of(recording.project)
    assert moments(recording)["take/top"] == moments(recording)["take/side"] == [("take", 2), ("take", 3)]
    recording_sync_set(recording=recording, offsets={"side": 1}, by=by)
    assert moments(Recording.objects.get(pk=recording.pk)) == {
        "take/side": [("take", 3), ("take", 4)],
        "take/top": [("take", 2), ("take", 3)],
    }
    snapshot = snapshot_create(project=recording.project, by=by)
    assert {f.tick for f in snapshot_load(snapshot=snapshot).frames} == {2, 3, 4}


def test_a_frame_that_is_never_shown_has_no_tick() -> None:
    recording = labelled({"top": 9, "side": 9}, "take")
    table = {"ticks": 9, "views": {"top": [[0, 0, 9]], "side": [[0, 0, 3], [4, 4, 5]]}}
    recording_sync_set(recording=recording, table=table, by=owner_of(recording.project))
    assert moments(recording)["take/side"] == [("take", 2), ("take/side", 3)]


def test_a_single_view_is_a_clock_of_its_own() -> None:
    recording = labelled({"top": 9}, "take")
    assert {source.tick for source in label_set(project=recording.project).frames} == {None}


def test_an_empty_arena_comes_along_and_does_not_count() -> None:
    recording = labelled({"top": 9}, "take")
    video, by = recording.videos.get(), owner_of(recording.project)
    animal = recording.project.animals.get(slot=0)
    absent = [Change(x=None, y=None, visibility=VisibilityName.ABSENT)] * len(MOUSE)
    row = LabelledInstance(frame_index=7, animal=animal, changes=absent)
    labels_write(video=video, labels=[row], by=by, origin=Origin.HUMAN)
    snapshot = snapshot_create(project=recording.project, by=by)
    assert snapshot.frame_count == 2
    labels = snapshot_load(snapshot=snapshot)
    assert [source.index for source in labels.frames] == [2, 3, 7]
    assert (labels.visibility[2] == Visibility.ABSENT).all()
