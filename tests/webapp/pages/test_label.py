"""Where 'Label' leads."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.webapp.factories import client_of, make_job, make_project, make_user, owner_of
from tests.webapp.recordings.factories import pretend_video
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.jobs.models import Job
from webapp.pages.next_frame import Place, frame_to_label
from webapp.projects.models import Project
from webapp.recordings.models import Video

pytestmark = pytest.mark.django_db


def label(video: Video, frame_index: int) -> None:
    """A row for one labelled frame; which points it has does not matter here."""
    animal = video.recording.project.animals.get()
    Instance.objects.create(video=video, frame_index=frame_index, animal=animal, keypoints=[], rev=1)


def suggest(video: Video, *frames: int, job: Job | None = None) -> None:
    for frame_index in frames:
        SuggestedFrame.objects.create(
            video=video, frame_index=frame_index, method="kmeans", score=1.0, job=job
        )


def place(project: Project) -> Place | None:
    return frame_to_label(project=project, user=owner_of(project))


def test_the_first_suggested_frame_without_labels() -> None:
    project = make_project()
    video = pretend_video(project)
    suggest(video, 5, 20, 60)
    label(video, 5)
    assert place(project) == (video.pk, 20)


def test_of_what_was_found_last_until_that_is_labelled() -> None:
    project = make_project()
    first, second = pretend_video(project), pretend_video(project)
    suggest(first, 3)
    suggest(first, 5, job=make_job(project))
    suggest(second, 20, 60, job=make_job(project))
    found = []
    for _ in range(4):
        there = place(project)
        assert there is not None
        found.append(there)
        label(Video.objects.get(pk=there.video_id), there.frame_index)
    assert found == [(second.pk, 20), (second.pk, 60), (first.pk, 5), (first.pk, 3)]


def test_the_last_labelled_frame_where_no_suggestion_waits() -> None:
    project = make_project()
    video = pretend_video(project)
    suggest(video, 5)
    label(video, 5)
    label(video, 42)
    assert place(project) == (video.pk, 42)


def test_the_first_video_where_nothing_is_labelled() -> None:
    project = make_project()
    pretend_video(project, name="b")
    first = pretend_video(project, name="a")
    assert place(project) == (first.pk, 0)


def test_a_video_that_cannot_be_opened_is_passed_over() -> None:
    project = make_project()
    failed = pretend_video(project, name="a")
    Video.objects.filter(pk=failed.pk).update(state=Video.State.FAILED)
    suggest(failed, 3)
    ready = pretend_video(project, name="b")
    assert place(project) == (ready.pk, 0)


def test_nothing_of_other_projects_or_for_strangers() -> None:
    project, other = make_project(), make_project()
    pretend_video(other)
    assert place(project) is None
    assert frame_to_label(project=other, user=make_user("stranger")) is None


def test_the_page_leads_there() -> None:
    project = make_project()
    video = pretend_video(project)
    suggest(video, 7)
    response = client_of(owner_of(project)).get(reverse("label", args=[project.slug]))
    assert response.headers["Location"] == f"{reverse('studio', args=[project.slug, video.pk])}?frame=7"


@pytest.mark.parametrize(
    ("state", "words"), [(None, "Register a folder"), (Video.State.INGESTING, "being read")]
)
def test_without_a_video_it_says_what_to_do(state: str | None, words: str) -> None:
    project = make_project()
    if state:
        Video.objects.filter(pk=pretend_video(project).pk).update(state=state)
    response = client_of(owner_of(project)).get(reverse("label", args=[project.slug]))
    assert response.status_code == 200
    assert words in response.content.decode()
