"""One thin function a page: check, hand over addresses and ids, render. Data come through the API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from webapp.accounts.capabilities import Capability
from webapp.accounts.models import User
from webapp.pages.access import Visit, island, project_page
from webapp.pages.next_frame import frame_to_label
from webapp.recordings.models import Video
from webapp.recordings.selectors import video_get, video_list
from webapp.results.reconstructions.selectors import reconstruction_get
from webapp.results.selectors import result_get
from webapp.training.selectors import model_get

# Of the text that says whence a scene is looked at: six numbers and the name of an animal.
LONGEST_VIEWPOINT = 400


@login_required
def projects(request: HttpRequest) -> HttpResponseBase:
    """Every project that the person is a member of."""
    new_url = reverse("new-project") if _user(request).may_create_projects else None
    props = {"newUrl": new_url, "projectUrl": reverse("project-home", args=["SLUG"])}
    return render(request, "pages/projects.html", {"props": props})


@login_required
def new_project(request: HttpRequest) -> HttpResponseBase:
    """Name the project and its keypoints; for accounts that were given the right to."""
    if not _user(request).may_create_projects:
        raise PermissionDenied(
            "Your account may not create projects. Ask an administrator of the site to allow it."
        )
    props = {"recordingsUrl": reverse("recordings", args=["SLUG"])}
    return render(request, "pages/new_project.html", {"props": props})


@project_page
def home(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """How far the project is, and the one step that helps most."""
    return island(request, visit, "home")


@project_page
def recordings(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Register, upload, import; the state of each video."""
    return island(request, visit, "recordings")


@project_page
def models(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Train, and watch it learn."""
    return island(request, visit, "models")


@project_page
def model(request: HttpRequest, visit: Visit, model_id: int) -> HttpResponseBase:
    """One model: how good, where it fails, run it."""
    found = model_get(pk=model_id, visible_to=visit.user)
    visit.need_own(found.project_id)
    context = visit.context("models", modelId=found.pk) | {"model": found}
    return render(request, "pages/model.html", context)


@project_page
def results(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Predictions by video, and exports."""
    return island(request, visit, "results")


@project_page
def jobs(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """What runs, what waits, what failed and why."""
    return island(request, visit, "jobs")


@project_page
def people(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Members and their roles; an administrator of the site also says here who may create projects."""
    return island(request, visit, "people", isAdmin=visit.user.is_superuser)


@project_page
def label(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Straight to the frame that waits most: a suggested one without labels, else the first video."""
    visit.need(Capability.VIEW, "You may not see this project's videos.")
    place = frame_to_label(project=visit.project, user=visit.user)
    if place is None:
        videos = video_list(visible_to=visit.user).filter(recording__project=visit.project)
        reading = videos.filter(state__in=[Video.State.PENDING, Video.State.INGESTING]).exists()
        return render(request, "pages/label_empty.html", visit.context("label") | {"reading": reading})
    address = reverse("studio", args=[visit.project.slug, place.video_id])
    return HttpResponseRedirect(f"{address}?frame={place.frame_index}")


@project_page
def studio(request: HttpRequest, visit: Visit, video_id: int) -> HttpResponseBase:
    """The full window: the recording's views, labels, predictions.

    The video is the view that is worked in; `tick` or `frame` (of that video) says where to open.
    """
    video = video_get(pk=video_id, visible_to=visit.user)
    visit.need_own(video.recording.project_id)
    result_id = _number(request, "result")
    if result_id is not None:
        visit.need_own(result_get(pk=result_id, visible_to=visit.user).project_id)
    context = visit.context(
        "label",
        videoId=video.pk,
        recordingId=video.recording_id,
        recordingName=video.recording.name,
        frame=_number(request, "frame") or 0,
        tick=_number(request, "tick"),
        resultId=result_id,
    )
    return render(request, "pages/studio.html", context | {"video": video})


@project_page
def reconstruction(request: HttpRequest, visit: Visit, reconstruction_id: int) -> HttpResponseBase:
    """3D poses beside the videos; `tick` says where to open, `from` whence to look."""
    found = reconstruction_get(pk=reconstruction_id, visible_to=visit.user)
    visit.need_own(found.project_id)
    context = visit.context(
        "results",
        reconstructionId=found.pk,
        tick=_number(request, "tick") or 0,
        **{"from": request.GET.get("from", "")[:LONGEST_VIEWPOINT]},
    )
    return render(request, "pages/reconstruction.html", context | {"reconstruction": found})


def _user(request: HttpRequest) -> User:
    """Who is behind a page that `login_required` guards."""
    assert isinstance(request.user, User)
    return request.user


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise BadRequest(f"'{name}' in the address must be a whole number, not {text[:40]!r}.")
    return int(text)
