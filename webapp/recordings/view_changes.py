"""Changes to the views of a recording that is there: add, rename, put in order, remove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.jobs.models import Job
from webapp.recordings import storage
from webapp.recordings.errors import BadRecording, NameTaken, RecordingInUse
from webapp.recordings.models import Recording, Video
from webapp.recordings.names import view_name
from webapp.recordings.roots import allowed_source
from webapp.recordings.services import (
    MAX_VIEWS,
    Source,
    hold,
    require_names_free_to_change,
    require_unread,
    video_create_in_place,
    video_ingest_start,
)
from webapp.recordings.sync import sync_rename_view


@transaction.atomic
def view_add(*, recording: Recording, source: Source, by: User) -> tuple[Video, Job]:
    """Add a video that stays where it is as a further view, and start reading it.

    Raises:
        BadRecording: A name that cannot be used, the same file once more, or too many views.
        NameTaken: The recording has a view of this name.
        PathNotAllowed: The source does not lie under a media root.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    path = allowed_source(source.path)
    view, place = _free_view(recording, source.view)
    twin = recording.videos.filter(source_path=str(path)).first()
    if twin is not None:
        raise BadRecording(f"This file is a view of the recording already: {twin.view!r}.")
    video = video_create_in_place(recording=recording, view=view, path=path, place=place)
    return video, video_ingest_start(video=video, by=by)


@transaction.atomic
def view_from_upload(*, recording: Recording, view: str, file: Path, by: User) -> tuple[Video, Job]:
    """`view_add` for an uploaded file under the data root."""
    require(by, recording.project, Capability.MANAGE_DATA)
    name, place = _free_view(recording, view)
    video = Video.objects.create(
        recording=recording,
        view=name,
        place=place,
        source_path=storage.stored_name(file),
        source_owned=True,
    )
    return video, video_ingest_start(video=video, by=by)


@transaction.atomic
def view_rename(*, video: Video, name: str, by: User) -> Video:
    """Give a view another name; its labels, predictions and place on the clock stay.

    The camera of a calibration is found by name, so this is also how the two are brought together.

    Raises:
        BadRecording: The name cannot be used.
        NameTaken: Another view of the recording has it, in whatever case.
        RecordingInUse: A training or an export waits or runs.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    recording = _held_of(video)
    require(by, recording.project, Capability.MANAGE_DATA)
    new, old = view_name(name), video.view
    _require_free_view(recording, new, but=video)
    require_names_free_to_change(recording.project)
    video.view = new
    video.save(update_fields=["view"])
    sync_rename_view(recording=recording, old=old, new=new)
    return video


@transaction.atomic
def view_order(*, recording: Recording, video_ids: Sequence[int], by: User) -> Recording:
    """Put the views in this order.

    Raises:
        BadRecording: Not each view of the recording is named once.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    recording = _held(recording)
    videos = {video.pk: video for video in recording.videos.all()}
    if sorted(video_ids) != sorted(videos):
        raise BadRecording("The new order must name each view of the recording once. Reload the page.")
    for place, pk in enumerate(video_ids):
        videos[pk].place = place
    Video.objects.bulk_update(videos.values(), ["place"])
    return recording


@transaction.atomic
def view_remove(*, video: Video, by: User) -> None:
    """Remove one view with its labels and predictions, and its files where they are ours.

    Raises:
        BadRecording: It is the only one; then the recording is to be deleted.
        RecordingInUse: A job is working on it, or on all of the project; or 3D poses were made from it.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    recording = _held_of(video)
    require(by, recording.project, Capability.MANAGE_DATA)
    if recording.videos.count() == 1:
        raise BadRecording("This is the only view of its recording. Delete the recording instead.")
    require_unread(recording, [video.pk])
    if video.pose_results.filter(reconstructions__isnull=False).exists():
        raise RecordingInUse(
            f"3D poses were made from the predictions of view {video.view!r}. Delete those first, on the "
            "Results page."
        )
    view = video.view
    video.delete()
    sync_rename_view(recording=recording, old=view, new=None)


def _held(recording: Recording) -> Recording:
    """The row, locked: of two who change its views at once, the second sees what the first did.

    Its project is locked before it, as everywhere: in two orders, two would wait for each other.

    Raises:
        NotFound: It was deleted meanwhile.
    """
    hold(recording.project)
    rows = Recording.objects.select_for_update(of=("self",)).select_related("project")
    found = rows.filter(pk=recording.pk).first()
    if found is None:
        raise NotFound("recording")
    return found


def _held_of(video: Video) -> Recording:
    """The recording of a view, locked, and the view read anew: it may be called otherwise now, or be gone."""
    recording = _held(video.recording)
    try:
        video.refresh_from_db()
    except Video.DoesNotExist as error:
        raise NotFound("video") from error
    return recording


def _free_view(recording: Recording, name: str) -> tuple[str, int]:
    """The name as it is kept and the place after all others, with the recording locked."""
    _held(recording)
    view = view_name(name)
    _require_free_view(recording, view)
    if recording.videos.count() >= MAX_VIEWS:
        raise BadRecording(f"A recording has at most {MAX_VIEWS} views.")
    last = recording.videos.aggregate(last=Max("place"))["last"]
    return view, 0 if last is None else last + 1


def _require_free_view(recording: Recording, name: str, *, but: Video | None = None) -> None:
    others = recording.videos.exclude(pk=but.pk) if but else recording.videos.all()
    twin = next((video.view for video in others if video.view.casefold() == name.casefold()), None)
    if twin is not None:
        raise NameTaken(f"This recording already has a view named {twin!r}. Choose another name.")
