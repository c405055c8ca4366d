"""Suggested frames arrive as rows, once each."""

from __future__ import annotations

import pytest

from tests.webapp.factories import make_project, owner_of
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish
from webapp.annotation.models import SuggestedFrame
from webapp.annotation.services import suggestions_start
from workers.suggestions import suggest

pytestmark = pytest.mark.django_db(transaction=True)


def test_frames_are_suggested_and_not_twice() -> None:
    video = make_video(make_project(), frames=40)
    owner = owner_of(video.recording.project)
    for _ in range(2):
        job = finish(suggest, suggestions_start(video=video, count=6, method="kmeans", by=owner))
        assert job.state == "done"
    assert job.result is not None
    assert job.result == {"video_id": video.pk, "frames": job.result["frames"], "added": 0}
    rows = SuggestedFrame.objects.filter(video=video)
    assert [row.frame_index for row in rows] == job.result["frames"]
    assert len(rows) == 6
    assert all(0 <= row.frame_index < 40 and 0 <= row.score <= 1 for row in rows)
